"""Ranges of files, decompressed in chunks."""

import gzip
import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.jsonl.decompression import decompress

TEXT = bytes(random.Random(1).choices(b"abcdefgh\n", k=600_000))


def compress(codec: str, text: bytes) -> bytes:
    if codec == "zstd":
        compressed: bytes = pa.Codec("zstd").compress(text, asbytes=True)
        return compressed
    return gzip.compress(text) if codec == "gzip" else text


def read(path: Path, codec: str, begin: int, end: int, chunk: int) -> tuple[bytes, str]:
    """What was decompressed before an error, and the error's reason."""
    file = open_file(bytes(path)).file
    pieces: list[bytes] = []
    reason = ""
    try:
        pieces.extend(decompress(file, codec, begin, end, chunk))
    except DamagedError as error:
        reason = error.reason
    finally:
        file.close()
    if codec != "gzip":
        assert all(0 < len(piece) <= chunk for piece in pieces[: None if not reason else -1])
    return b"".join(pieces), reason


@settings(max_examples=30, deadline=None)
@given(
    codec=st.sampled_from(["plain", "zstd", "gzip"]),
    size=st.integers(0, len(TEXT)),
    chunk=st.integers(1_000, 1 << 20),
)
def test_chunks_of_any_size_give_the_text(
    tmp_path_factory: pytest.TempPathFactory, codec: str, size: int, chunk: int
) -> None:
    path = tmp_path_factory.mktemp("text") / "x"
    path.write_bytes(data := compress(codec, TEXT[:size]))
    assert read(path, codec, 0, len(data), chunk) == (TEXT[:size], "")


@pytest.mark.parametrize("codec", ["plain", "zstd"])
def test_a_range_begins_and_ends_at_frames(tmp_path: Path, codec: str) -> None:
    pieces = [compress(codec, TEXT[at : at + 200_000]) for at in range(0, 600_000, 200_000)]
    (tmp_path / "x").write_bytes(b"".join(pieces))
    begin, end = len(pieces[0]), len(pieces[0]) + len(pieces[1])
    assert read(tmp_path / "x", codec, begin, end, 1 << 18) == (TEXT[200_000:400_000], "")


@pytest.mark.parametrize("codec", ["zstd", "gzip"])
def test_everything_before_the_damage_is_returned(tmp_path: Path, codec: str) -> None:
    data = bytearray(compress(codec, TEXT))
    at = len(data) // 2
    data[at : at + 100] = bytes(100)
    (tmp_path / "x").write_bytes(data)
    text, reason = read(tmp_path / "x", codec, 0, len(data), 1 << 18)
    assert reason == ARCHIVE
    whole_blocks = 128 << 10  # of Zstandard; what precedes the damaged one is complete
    assert len(text) >= len(TEXT) // 2 - whole_blocks * 2
    sure = min(len(text), len(TEXT) // 2 - whole_blocks)
    assert text[:sure] == TEXT[:sure]


@pytest.mark.parametrize("codec", ["zstd", "gzip"])
def test_a_truncated_stream_is_damaged_at_its_end(tmp_path: Path, codec: str) -> None:
    data = compress(codec, TEXT)[:-100]
    (tmp_path / "x").write_bytes(data)
    text, reason = read(tmp_path / "x", codec, 0, len(data), 1 << 18)
    assert reason == ARCHIVE
    assert TEXT.startswith(text)
    assert len(text) > len(TEXT) // 2


def test_an_empty_range_is_empty(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"abc")
    assert read(tmp_path / "x", "plain", 2, 2, 10) == (b"", "")
