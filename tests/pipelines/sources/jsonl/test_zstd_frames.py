"""Frames of Zstandard files, found by their headers."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from codecorpus.pipelines.sources.io.local import LocalFile
from codecorpus.pipelines.sources.jsonl.zstd_frames import Frame, frames

BLOCK = 128 << 10
CODEC = pa.Codec("zstd")
Find = Callable[[bytes], list[Frame]]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    def find(content: bytes) -> list[Frame]:
        (tmp_path / "x.zst").write_bytes(content)
        descriptor = os.open(tmp_path / "x.zst", os.O_RDONLY)
        try:
            return list(frames(LocalFile(descriptor), len(content)))
        finally:
            os.close(descriptor)

    return find


def whole(text: bytes) -> bytes:
    """A frame whose header contains the size of its text."""
    packed: bytes = CODEC.compress(text, asbytes=True)
    return packed


def streamed(text: bytes) -> bytes:
    """A frame as a stream writes it, without that size."""
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(text)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def words(size: int) -> bytes:
    chance = random.Random(size)
    return b"".join(chance.choice([b"one ", b"two ", b"four "]) for _ in range(size))


def skippable(content: bytes) -> bytes:
    return 0x184D2A53.to_bytes(4, "little") + len(content).to_bytes(4, "little") + content


@pytest.mark.parametrize("pack", [whole, streamed])
@pytest.mark.parametrize("text", [b"", b"x", words(1_000), words(200_000), b"a" * 1_000_000])
def test_a_frame_ends_where_the_next_begins(
    find: Find, pack: Callable[[bytes], bytes], text: bytes
) -> None:
    pieces = [pack(text), skippable(b"note"), pack(words(10)), pack(text)]
    ends = [sum(map(len, pieces[: count + 1])) for count in range(4)]
    found = find(b"".join(pieces))
    assert [frame.end for frame in found] == ends
    assert found[1].inflated == 0
    for frame in (found[0], found[3]):
        assert len(text) <= frame.inflated <= len(text) + 2 * BLOCK


def test_the_size_of_incompressible_bytes_is_exact(find: Find) -> None:
    text = random.Random(1).randbytes(300_000)
    (frame,) = find(whole(text))
    assert frame.inflated == len(text)


@pytest.mark.parametrize("cut", [1, 3, 5, 9, 1_000])
def test_a_truncated_frame_extends_to_the_end_of_the_file(find: Find, cut: int) -> None:
    first = whole(words(1_000))
    second = whole(words(200_000))[:-cut]
    assert [frame.end for frame in find(first + second)] == [len(first), len(first + second)]


def test_data_that_is_not_a_frame_extends_to_the_end_of_the_file(find: Find) -> None:
    first = whole(words(1_000))
    assert [frame.end for frame in find(first + b"no frame")] == [len(first), len(first) + 8]
    assert [frame.end for frame in find(b"no frame at all")] == [15]
    assert find(b"") == []
