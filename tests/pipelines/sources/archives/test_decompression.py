"""Streams of plain and gzip files."""

import gzip
import os
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.sources.archives import archive
from codecorpus.pipelines.sources.archives.decompression import (
    CHUNK,
    Gzip,
    Plain,
    gzip_bytes,
    open_stream,
)
from codecorpus.pipelines.sources.base import DamagedError
from codecorpus.pipelines.sources.io.local import LocalFile

TEXT = bytes(random.Random(3).choices(b"abcdefgh\n", k=3_000_000))


def read(path: Path, data: bytes) -> tuple[bytes, str]:
    """The bytes of a stream, and the detail of the damage that ended it."""
    path.write_bytes(data)
    file = LocalFile(os.open(path, os.O_RDONLY))
    stream = open_stream(file, len(data))
    pieces: list[bytes] = []
    try:
        pieces.extend(iter(stream.chunk, b""))
    except DamagedError as damage:
        return b"".join(pieces), damage.detail
    finally:
        file.close()
    assert all(len(piece) <= CHUNK for piece in pieces)
    return b"".join(pieces), ""


def test_a_plain_file_is_read_in_chunks(tmp_path: Path) -> None:
    assert read(tmp_path / "x", TEXT) == (TEXT, "")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 700_000), min_size=1, max_size=4), st.integers(0, 600))
def test_streams_in_a_row_and_zeros_after_them_are_read(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], zeros: int
) -> None:
    pieces = [TEXT[:size] for size in sizes]
    data = b"".join(gzip.compress(piece, 1) for piece in pieces) + bytes(zeros)
    assert read(tmp_path_factory.mktemp("gzip") / "x", data) == (b"".join(pieces), "")


@settings(max_examples=20, deadline=None)
@given(st.integers(20, 1_000_000))
def test_everything_before_a_truncation_is_returned(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    data = gzip.compress(TEXT, 1)
    got, damage = read(tmp_path_factory.mktemp("gzip") / "x", data[: min(size, len(data) - 1)])
    assert damage == "it is truncated"
    assert TEXT.startswith(got)


def test_bytes_right_before_the_damage_are_salvaged(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(TEXT, 1))
    at = len(data) // 2
    data[at : at + 200] = random.Random(1).randbytes(200)
    got, damage = read(tmp_path / "x", bytes(data))
    assert "compression is damaged" in damage
    assert len(got) > len(TEXT) * 0.45, "not only whole chunks"
    assert got[: len(TEXT) // 3] == TEXT[: len(TEXT) // 3]


def test_a_bomb_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "EXPANSION_BYTES", 1 << 20)
    monkeypatch.setattr(archive, "EXPANSION_RATIO", 1)
    got, damage = read(tmp_path / "x", gzip.compress(bytes(20 << 20)))
    assert damage.startswith("a bomb")
    assert len(got) <= 2 * CHUNK


def test_only_plain_files_can_skip(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    file = LocalFile(os.open(tmp_path / "x", os.O_RDONLY))
    plain = Plain(file, 10)
    assert (plain.skip(4), plain.chunk(), plain.skip(5)) == (4, b"456789", 0)
    assert Gzip(file, 10).skip(4) == 0
    file.close()


@pytest.mark.parametrize("copies", [1, 3])
def test_the_decompressed_size_is_that_of_the_trailer(tmp_path: Path, copies: int) -> None:
    data = gzip.compress(TEXT * copies)
    (tmp_path / "x").write_bytes(data)
    file = LocalFile(os.open(tmp_path / "x", os.O_RDONLY))
    assert gzip_bytes(file, len(data)) == len(TEXT) * copies
    file.close()
