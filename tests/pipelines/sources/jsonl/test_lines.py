"""Blocks of lines, however a file is cut."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.sources.base import DamagedError
from codecorpus.pipelines.sources.dataset_files import TO_THE_END
from codecorpus.pipelines.sources.io.local import File, LocalFile
from codecorpus.pipelines.sources.jsonl.lines import Stretch, blocks_of_lines

RECORD = 1_000
LINES = st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b" ")), max_size=30)


@contextmanager
def opened(path: Path, content: bytes) -> Iterator[File]:
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield LocalFile(descriptor)
    finally:
        os.close(descriptor)


def read(stretch: Stretch, block: int) -> tuple[bytes, DamagedError | None]:
    """The lines of a stretch, and what ended it."""
    found = []
    try:
        for got in blocks_of_lines(stretch, block, RECORD):
            found.append(got.data[got.begin : got.end].tobytes())
            assert found[-1]
            assert not got.cut
    except DamagedError as damage:
        return b"".join(found), damage
    return b"".join(found), None


def together(stretches: list[Stretch], block: int) -> bytes:
    found = b""
    for stretch in stretches:
        lines, damage = read(stretch, block)
        assert damage is None
        found += lines
    return found


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("blocks") / "x"


@given(LINES, st.booleans(), st.lists(st.integers(0, 1_000), max_size=3), st.integers(1, 70))
def test_stripes_together_hold_every_line_once_and_in_order(
    place: Path, lines: list[bytes], ends: bool, bounds: list[int], block: int
) -> None:
    text = b"\n".join(lines) + b"\n" * ends
    content = gzip.compress(text, 1)
    limits = [0, *sorted(bounds), TO_THE_END]
    with opened(place, content) as file:
        size = len(content)
        stripes = [Stretch(file, "gzip", 0, size, size, *each) for each in pairwise(limits)]
        assert together(stripes, block) == text


@given(LINES, st.booleans(), st.lists(st.integers(0, 1_000), max_size=3), st.integers(1, 70))
def test_stretches_together_hold_every_line_once_and_in_order(
    place: Path, lines: list[bytes], ends: bool, bounds: list[int], block: int
) -> None:
    text = b"\n".join(lines) + b"\n" * ends
    limits = sorted({0, *(min(bound, len(text)) for bound in bounds), len(text)})
    with opened(place, text) as file:
        stretches = [Stretch(file, "plain", *each, len(text)) for each in pairwise(limits)]
        assert together(stretches, block) == text


@pytest.mark.parametrize("damage", ["cut", "checksum", "byte"])
def test_damage_shows_in_the_one_stripe_that_it_lies_in(place: Path, damage: str) -> None:
    text = b"".join(b"%d %d\n" % (i, i * i) for i in range(5_000))
    content = bytearray(gzip.compress(text, 6, mtime=0))
    if damage == "cut":
        del content[len(content) // 2 :]
    elif damage == "checksum":
        content[-6] ^= 1
    else:  # a block of a kind that does not exist
        first = zlib.compressobj(6, zlib.DEFLATED, 31)
        half = first.compress(text[: len(text) // 2]) + first.flush(zlib.Z_FULL_FLUSH)
        content = bytearray(half + b"\xff" * 100)
    with opened(place, bytes(content)) as file:
        size = len(content)
        bounds = [0, 10_000, 20_000, 30_000, 40_000, TO_THE_END]
        found = [
            read(Stretch(file, "gzip", 0, size, size, *each), 1_000) for each in pairwise(bounds)
        ]
    assert [trouble is not None for _, trouble in found].count(True) == 1
    lines = b"".join(part for part, _ in found)
    assert lines.endswith(b"\n")
    assert text.startswith(lines)
    assert len(lines) > len(text) // 2 - 3_000


def test_a_line_that_is_too_long_is_passed_over(place: Path) -> None:
    text = b"a\n" + b"x" * 300_000 + b"\nb\n"
    with opened(place, text) as file:
        blocks = [
            (got.data[got.begin : got.end].tobytes(), got.cut)
            for got in blocks_of_lines(Stretch(file, "plain", 0, len(text), len(text)), 4_096, 10)
        ]
    assert blocks == [(b"a\n", False), (b"", True), (b"b\n", False)]
