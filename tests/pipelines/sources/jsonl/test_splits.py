"""JSON-lines files are divided into splits."""

import gzip
import random
from pathlib import Path

import pyarrow as pa
import pytest

from codecorpus.pipelines.sources.dataset_files import (
    JSON_LINES,
    TO_THE_END,
    Split,
    find_data_files,
)
from codecorpus.pipelines.sources.jsonl.splits import split_lines

TEXT = "".join(f"{i} {random.Random(i).random()}\n" for i in range(40_000)).encode()


def splits(path: Path, content: bytes, part_bytes: int) -> list[tuple[Split, int]]:
    path.write_bytes(content)
    (file,) = find_data_files([path], JSON_LINES)
    return list(split_lines(file, part_bytes))


def streamed(text: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(text)
    content: bytes = sink.getvalue().to_pybytes()
    return content


@pytest.mark.parametrize(
    ("name", "content"), [("x.jsonl.gz", gzip.compress(TEXT)), ("x.jsonl.zst", streamed(TEXT))]
)
@pytest.mark.parametrize(("part_bytes", "count"), [(1 << 30, 1), (700_000, 2), (10_000, 2)])
def test_a_single_stream_is_divided_by_decompressed_bytes(
    tmp_path: Path, name: str, content: bytes, part_bytes: int, count: int
) -> None:
    found = [split for split, _ in splits(tmp_path / name, content, part_bytes)]
    assert len(found) == count
    assert {(split.begin, split.end) for split in found} == {(0, len(content))}
    bounds = [split.decompressed_begin for split in found] + [found[-1].decompressed_end]
    assert bounds[0] == 0
    assert bounds[-1] == TO_THE_END
    assert [split.decompressed_end for split in found[:-1]] == bounds[1:-1]
    for number, bound in enumerate(bounds[1:-1], 1):
        assert bound == pytest.approx(len(TEXT) * number / count, rel=0.2)


def test_a_file_of_many_frames_is_divided_between_frames(tmp_path: Path) -> None:
    pieces = [pa.Codec("zstd").compress(TEXT[i : i + 50_000], asbytes=True)
              for i in range(0, len(TEXT), 50_000)]  # fmt: skip
    content = b"".join(pieces)
    found = [split for split, _ in splits(tmp_path / "x.jsonl.zst", content, 200_000)]
    assert len(found) > 3
    assert [split.begin for split in found] == [0, *(split.end for split in found[:-1])]
    ends = {sum(map(len, pieces[: i + 1])) for i in range(len(pieces))}
    assert {split.end for split in found} <= ends
    assert found[-1].end == len(content)
    assert {(split.decompressed_begin, split.decompressed_end) for split in found} == {
        (0, TO_THE_END)
    }


def test_a_plain_file_is_divided_anywhere(tmp_path: Path) -> None:
    found = [split for split, _ in splits(tmp_path / "x.jsonl", TEXT, 300_000)]
    assert [split.end for split in found] == [
        *range(300_000, len(TEXT), 300_000), len(TEXT)
    ]  # fmt: skip


def test_several_gzip_streams_are_divided_by_an_estimated_size(tmp_path: Path) -> None:
    content = gzip.compress(TEXT) + gzip.compress(b"x")
    found = [split for split, _ in splits(tmp_path / "x.jsonl.gz", content, 10_000)]
    assert [split.decompressed_begin for split in found] == [0, len(content) * 2]


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.jsonl.zst"])
def test_the_splits_of_a_damaged_or_empty_file_reach_its_end(tmp_path: Path, name: str) -> None:
    for content in (b"", b"\x1f", b"(\xb5/\xfd", b"nothing of the kind" * 10):
        found = [split for split, _ in splits(tmp_path / name, content, 10)]
        assert found
        assert found[-1].end == len(content)
