"""Data sets give the same records in any format, and for any parts."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.dataset import DatasetSource
from codecorpus.pipelines.sources.dataset_files import JSON_LINES, PARQUET, FieldSpec

Read = Callable[..., list[dict[str, Any]]]
SPEC = FieldSpec(["text"], {"repository": "repo", "path": "file"})
NAMES = st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
            "repo": NAMES,
            "file": NAMES,
        }
    ),
    min_size=1,
    max_size=40,
)


def write(folder: Path, name: str, rows: list[dict[str, Any]]) -> Path:
    path = folder / name
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    if name.endswith(".parquet"):
        fields = [(column, pa.string()) for column in ("text", "repo", "file")]
        pq.write_table(pa.Table.from_pylist(rows, pa.schema(fields)), path, row_group_size=7)
    elif name.endswith(".gz"):
        path.write_bytes(gzip.compress(lines, mtime=0))
    elif name.endswith(".zst"):
        pieces = [lines[begin : begin + 300] for begin in range(0, len(lines), 300)]
        codec = pa.Codec("zstd")
        path.write_bytes(b"".join(codec.compress(piece, asbytes=True) for piece in pieces))
    else:
        path.write_bytes(lines)
    return path


@settings(
    deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=ROWS, part_bytes=st.integers(1, 3_000), batch_bytes=st.integers(1, 200))
@pytest.mark.parametrize("name", ["x.parquet", "x.jsonl", "x.jsonl.gz", "x.jsonl.zst"])
def test_any_format_and_any_parts_give_each_row_once(
    tmp_path_factory: pytest.TempPathFactory,
    read: Read,
    name: str,
    rows: list[dict[str, Any]],
    part_bytes: int,
    batch_bytes: int,
) -> None:
    path = write(tmp_path_factory.mktemp("dataset"), name, rows)
    source = DatasetSource([path], PARQUET | JSON_LINES, SPEC)
    records = read(source, part_bytes=part_bytes, limits=Limits(1_000, batch_bytes, 9))
    assert [(r["content"].decode(), r["repository"], r["path"]) for r in records] == [
        (row["text"], row["repo"], row["file"]) for row in rows
    ]


def test_files_of_both_formats_are_read_in_order(tmp_path: Path, read: Read) -> None:
    rows = [{"text": letter, "repo": "o/r", "file": letter} for letter in "abcdef"]
    write(tmp_path, "2.jsonl", rows[2:4])
    write(tmp_path, "1.parquet", rows[:2])
    write(tmp_path, "3.jsonl.gz", rows[4:])
    records = read(DatasetSource([tmp_path], PARQUET | JSON_LINES, SPEC))
    assert [record["path"] for record in records] == list("abcdef")
    assert [record["row"] for record in records] == list(range(6))


def test_files_of_other_kinds_are_ignored_in_folders_and_refused_as_paths(
    tmp_path: Path, read: Read
) -> None:
    parquet = write(tmp_path, "x.parquet", [{"text": "a", "repo": None, "file": None}])
    write(tmp_path, "x.jsonl", [{"text": "b"}])
    records = read(DatasetSource([tmp_path], JSON_LINES, SPEC))
    assert [record["content"] for record in records] == [b"b"]
    with pytest.raises(UsageError, match="no supported files found"):
        read(DatasetSource([parquet], JSON_LINES, SPEC))


def test_an_excluded_folder_is_not_read(tmp_path: Path, read: Read) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path, "x.jsonl", [{"text": "a"}])
    write(tmp_path / "out", "y.jsonl", [{"text": "b"}])
    records = read(DatasetSource([tmp_path], JSON_LINES, SPEC, tmp_path / "out"))
    assert [record["content"] for record in records] == [b"a"]
