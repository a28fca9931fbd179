"""JSON lines as record batches."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.dataset_files import TO_THE_END, FieldSpec, Split
from codecorpus.pipelines.sources.jsonl.reader import read_jsonl

SPEC = FieldSpec(["text"], {"path": "name"})


def read(path: Path, rows: list[dict[str, str]], needed: list[int], **limits: int) -> pa.Table:
    """The records of these rows, with the content of the rows whose numbers are given."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    size = path.stat().st_size
    stamp = str(path.stat().st_mtime_ns)
    split = Split("x", size, stamp, str(path).encode(), "plain", 0, size, 0, TO_THE_END)

    def needs_content(records: pa.RecordBatch) -> "np.typing.NDArray[np.bool_]":
        return np.isin(records["row"].to_numpy(), needed)

    return pa.Table.from_batches(read_jsonl(split, SPEC, needs_content, Limits(**limits), 0))


def test_content_that_is_not_needed_is_not_kept_in_memory(tmp_path: Path) -> None:
    rows = [{"text": letter * 1_000, "name": letter} for letter in "abcd"]
    table = read(tmp_path / "x.jsonl", rows, [1, 3])
    content = table["content"].combine_chunks()
    assert content.to_pylist() == [None, b"b" * 1_000, None, b"d" * 1_000]
    assert len(content.buffers()[2]) == 2_000
    assert table["path"].to_pylist() == list("abcd")


def test_any_batch_size_gives_the_same_records(tmp_path: Path) -> None:
    rows = [{"text": str(number) * 50, "name": str(number)} for number in range(100)]
    whole = read(tmp_path / "x.jsonl", rows, list(range(0, 100, 3)))
    small = read(tmp_path / "x.jsonl", rows, list(range(0, 100, 3)), batch_bytes=300)
    assert whole.num_rows == 100
    assert whole.combine_chunks().to_pylist() == small.combine_chunks().to_pylist()
    assert small["row"].to_pylist() == list(range(100))
