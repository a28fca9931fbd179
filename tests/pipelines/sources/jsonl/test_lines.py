"""The lines of a file, whatever its splits and chunks."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.sources.base import DamagedError
from codecorpus.pipelines.sources.dataset_files import TO_THE_END, Split
from codecorpus.pipelines.sources.io.local import File, LocalFile
from codecorpus.pipelines.sources.jsonl import decompression
from codecorpus.pipelines.sources.jsonl.lines import BLOCK_END, read_lines

LINES = st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b" ")), max_size=30)
BOUNDS = st.lists(st.integers(0, 1_000), max_size=3)


@contextmanager
def opened(path: Path, content: bytes) -> Iterator[File]:
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield LocalFile(descriptor)
    finally:
        os.close(descriptor)


def split(kind: str, begin: int, end: int, first: int = 0, last: int = TO_THE_END) -> Split:
    return Split("x", 0, "", b"", kind, begin, end, first, last)


def read(
    file: File, size: int, part: Split, block: int, line_bytes: int = 1_000
) -> tuple[list[bytes | None], DamagedError | None]:
    """The lines of a split, and the damage that ended it."""
    found: list[bytes | None] = []
    try:
        lines = read_lines(file, size, part, block_bytes=block, line_bytes=line_bytes)
        whole = (line for line in lines if line is not BLOCK_END)
        found.extend(None if line is None else bytes(line) for line in whole)
    except DamagedError as damage:
        return found, damage
    return found, None


def read_all(file: File, size: int, parts: list[Split], block: int) -> list[bytes | None]:
    found: list[bytes | None] = []
    for part in parts:
        lines, damage = read(file, size, part, block)
        assert damage is None
        found += lines
    return found


def expected(text: bytes) -> list[bytes]:
    lines = text.split(b"\n")
    return lines if lines[-1] else lines[:-1]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lines") / "x"


@pytest.mark.parametrize("chunk", [7, 1 << 18])
@given(LINES, st.booleans(), BOUNDS, st.integers(1, 70))
def test_splits_by_decompressed_bytes_contain_each_line_once_and_in_order(
    path: Path, chunk: int, lines: list[bytes], ends: bool, bounds: list[int], block: int
) -> None:
    text = b"\n".join(lines) + b"\n" * ends
    limits = [0, *sorted(bounds), TO_THE_END]
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(text)
    zstd: bytes = sink.getvalue().to_pybytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decompression, "CHUNK", chunk)
        for kind, content in (("gzip", gzip.compress(text, 1)), ("zstd", zstd)):
            with opened(path, content) as file:
                size = len(content)
                parts = [split(kind, 0, size, *each) for each in pairwise(limits)]
                assert read_all(file, size, parts, block) == expected(text)


@pytest.mark.parametrize("chunk", [7, 1 << 18])
@given(LINES, st.booleans(), BOUNDS)
def test_splits_by_file_bytes_contain_each_line_once_and_in_order(
    path: Path, chunk: int, lines: list[bytes], ends: bool, bounds: list[int]
) -> None:
    text = b"\n".join(lines) + b"\n" * ends
    limits = sorted({0, *(min(bound, len(text)) for bound in bounds), len(text)})
    with pytest.MonkeyPatch.context() as patch, opened(path, text) as file:
        patch.setattr(decompression, "CHUNK", chunk)
        parts = [split("plain", *each) for each in pairwise(limits)]
        assert read_all(file, len(text), parts, 10) == expected(text)


@pytest.mark.parametrize("damage", ["truncated", "checksum", "byte"])
def test_damage_is_reported_by_the_one_split_that_contains_it(path: Path, damage: str) -> None:
    text = b"".join(b"%d %d\n" % (i, i * i) for i in range(5_000))
    content = bytearray(gzip.compress(text, 6, mtime=0))
    if damage == "truncated":
        del content[len(content) // 2 :]
    elif damage == "checksum":
        content[-6] ^= 1
    else:  # a block of a type that does not exist
        first = zlib.compressobj(6, zlib.DEFLATED, 31)
        half = first.compress(text[: len(text) // 2]) + first.flush(zlib.Z_FULL_FLUSH)
        content = bytearray(half + b"\xff" * 100)
    with opened(path, bytes(content)) as file:
        size = len(content)
        bounds = [0, 10_000, 20_000, 30_000, 40_000, TO_THE_END]
        found = [read(file, size, split("gzip", 0, size, *b), 1_000) for b in pairwise(bounds)]
    assert [trouble is not None for _, trouble in found].count(True) == 1
    lines = [line for part, _ in found for line in part]
    assert lines == expected(text)[: len(lines)]
    assert sum(len(line or b"") + 1 for line in lines) > len(text) // 2 - 3_000


@pytest.mark.parametrize("size", [11, 300_000])
@pytest.mark.parametrize("end", [b"", b"\n", b"\nb\n"])
def test_a_line_that_is_too_long_is_skipped(path: Path, size: int, end: bytes) -> None:
    text = b"a\n" + b"x" * size + end
    with opened(path, text) as file:
        lines, _ = read(file, len(text), split("plain", 0, len(text)), 4_096, 10)
    if size == 11 and end == b"":
        assert lines[:1] == [b"a"]
    assert lines == [b"a", None, *([b"b"] if end == b"\nb\n" else [])]


def test_blocks_end_where_lines_of_different_blocks_meet(path: Path) -> None:
    text = b"aa\nb\ncccc\nd\n"
    with opened(path, text) as file:
        part = split("plain", 0, len(text))
        lines = read_lines(file, len(text), part, block_bytes=5, line_bytes=10)
        found = [line if line is BLOCK_END else bytes(line or b"?") for line in lines]
    assert found == [b"aa", b"b", BLOCK_END, b"cccc", BLOCK_END, b"d"]


def test_the_last_line_is_a_block_of_its_own_past_the_split_and_without_line_feed(
    path: Path,
) -> None:
    text = b"aa\nbb\ncc"
    with opened(path, text) as file:
        for part in (split("plain", 0, 4), split("plain", 4, len(text))):
            lines = read_lines(file, len(text), part, block_bytes=100, line_bytes=10)
            found = [line if line is BLOCK_END else bytes(line or b"?") for line in lines]
            expected = [b"aa", BLOCK_END, b"bb"] if part.begin == 0 else [BLOCK_END, b"cc"]
            assert found == expected
