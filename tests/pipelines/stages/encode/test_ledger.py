"""The final ledger: one row for each decision of curation, whatever the batches."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.corpus.schemas import DECISIONS, DUPLICATES, LEDGER
from codecorpus.pipelines.corpus.tables import parquet_writer
from codecorpus.pipelines.stages.artifacts import CURATE, EARLIER, EXACT, KEPT, NEAR
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.dedup_result import DedupResult
from codecorpus.pipelines.stages.encode.ledger import write_duplicates, write_ledger
from tests.pipelines.stages.planned import plan_build

REASONS = {EXACT: "exact_duplicate", NEAR: "near_duplicate", EARLIER: "repository.earlier_source"}


def write_decisions(build: Build, reasons: list[str | None], size: int) -> None:
    """The decisions of part 0, `size` rows a row group."""
    columns = {field.name: pa.nulls(len(reasons), field.type) for field in DECISIONS}
    columns["row"] = pa.array(range(len(reasons)), pa.int64())
    columns["reason"] = pa.array(reasons, pa.string())
    table = pa.table([columns[name] for name in DECISIONS.names], schema=DECISIONS)
    with parquet_writer(build.folder, CURATE.decisions(0), DECISIONS, {}) as writer:
        for batch in table.to_batches(max_chunksize=size):
            writer.write_batch(batch)


def result_of(kinds: list[int]) -> DedupResult:
    numbers = np.arange(len(kinds))
    ids = np.repeat(numbers.astype(np.uint8), 20).reshape(-1, 20)
    return DedupResult(
        kind=np.array(kinds, np.uint8),
        similarity=np.full(len(kinds), 0.875),
        content_id=ids,
        of_content=ids + 100,
        of_part=(numbers + 1).astype(np.int32),
        of_row=numbers + 10,
    )


ROWS = st.lists(
    st.one_of(
        st.sampled_from(["file_size.min", "unreadable.utf8", "language.unknown"]),
        st.sampled_from([KEPT, EXACT, NEAR, EARLIER]),
    ),
    max_size=15,
)


@settings(max_examples=12)
@given(rows=ROWS, size=st.integers(1, 16))
def test_every_record_has_one_row_and_the_rows_add_up(
    tmp_path_factory: pytest.TempPathFactory, rows: list[str | int], size: int
) -> None:
    path = tmp_path_factory.mktemp("ledger")
    build = plan_build(path)
    write_decisions(build, [row if isinstance(row, str) else None for row in rows], size)
    kinds = [row for row in rows if isinstance(row, int)]
    tokens = np.arange(len(kinds)) + 1000
    counts = write_ledger(build, 0, result_of(kinds), tokens, {})
    table = pq.read_table(path / "ledger" / "part-00000-of-00001.parquet")
    assert table.schema == LEDGER
    ledger = table.to_pylist()
    assert [row["row"] for row in ledger] == list(range(len(rows)))
    assert sum(counts.values()) == len(rows)
    at = 0
    for given_row, row in zip(rows, ledger, strict=True):
        expected: dict[str, Any] = {"duplicate_of": None, "tokens": None}
        if isinstance(given_row, str):
            unreadable = given_row.startswith("unreadable.")
            expected |= {"decision": "unreadable" if unreadable else "dropped", "reason": given_row}
        else:
            expected["reason"] = REASONS.get(given_row)
            if given_row == KEPT:
                expected |= {"decision": "kept", "tokens": 1000 + at}
            elif given_row == EARLIER:
                expected["decision"] = "dropped"
            else:
                expected |= {
                    "decision": "duplicate",
                    "duplicate_of": bytes([100 + at]) * 20,
                    "duplicate_of_part": 1 + at,
                    "duplicate_of_row": 10 + at,
                }
            at += 1
        assert row.items() >= expected.items()
        assert counts[row["reason"] or "kept"] > 0


def test_only_copies_are_in_the_table_of_duplicates(tmp_path: Path) -> None:
    build = plan_build(tmp_path)
    write_duplicates(build, 0, result_of([KEPT, EXACT, EARLIER, NEAR]), {})
    table = pq.read_table(tmp_path / "duplicates" / "part-00000-of-00001.parquet")
    assert table.schema == DUPLICATES
    assert table.to_pylist() == [
        {
            "content_id": bytes([number]) * 20,
            "duplicate_of": bytes([100 + number]) * 20,
            "similarity": 0.875,
        }
        for number in (1, 3)
    ]
