"""Each input of a part that is skipped has one row, and none of its files are kept."""

import pyarrow as pa
import pytest

from codecorpus.pipelines.corpus.reasons import BEFORE_FILTERS
from codecorpus.pipelines.corpus.schemas import DECISIONS, DOCUMENTS, kept_files
from codecorpus.pipelines.stages.curate.skipped_parts import SKIPPED, skipped_batch
from codecorpus.pipelines.stages.plan import SkippedPart

FAILURE = SkippedPart(3, "encode", "no space")
KEPT_FILES = kept_files(64, 3)


def test_the_reason_is_one_of_the_ledger() -> None:
    assert SKIPPED in BEFORE_FILTERS


@pytest.mark.parametrize("chunks", [1, 2])
def test_files_keep_their_names(chunks: int) -> None:
    inputs = pa.table(
        {
            "name": ["r/a.py", "r/b.py"],
            "size": [1, 2],
            "repository": ["r", "r"],
            "path": ["a.py", "b.py"],
        }
    )
    batch = skipped_batch(
        pa.concat_tables([inputs.slice(0, 1), inputs.slice(1)]) if chunks == 2 else inputs,
        FAILURE,
        KEPT_FILES,
    )
    decided = batch.decided("folder", 3)
    assert decided.schema == DECISIONS
    names = ("source", "part", "row", "repository", "path", "reason", "content_id")
    assert [tuple(row[name] for name in names) for row in decided.to_pylist()] == [
        ("folder", 3, 0, "r", "a.py", SKIPPED, None),
        ("folder", 3, 1, "r", "b.py", SKIPPED, None),
    ]
    assert batch.damaged[1] == {
        "row": 1,
        "repository": "r",
        "path": "b.py",
        "detail": "encode: no space",
        "error": SKIPPED,
    }


def test_other_inputs_have_their_name_as_path() -> None:
    batch = skipped_batch(pa.table({"name": ["x.jsonl"], "size": [1]}), FAILURE, KEPT_FILES)
    [row] = batch.ledger.to_pylist()
    assert (row["repository"], row["path"], row["reason"]) == (None, "x.jsonl", SKIPPED)


def test_nothing_is_kept_or_counted_as_read() -> None:
    batch = skipped_batch(pa.table({"name": ["x"], "size": [1]}), FAILURE, KEPT_FILES)
    assert (batch.documents.num_rows, batch.documents.schema) == (0, DOCUMENTS)
    assert (batch.kept.num_rows, batch.kept.schema) == (0, KEPT_FILES)
    assert (batch.files_read, batch.bytes_read) == (0, 0)
