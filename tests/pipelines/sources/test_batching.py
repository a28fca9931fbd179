from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codecorpus.pipelines.sources.base import ARCHIVE, IO, DamagedError, Limits, UnreadableError
from codecorpus.pipelines.sources.batching import NAMES, RecordGroup, assemble

Content = bytes | UnreadableError | None
"""The content of a row, or the error on reading it; None: its error is known before."""

GROUPS = st.lists(
    st.lists(
        st.one_of(
            st.binary(max_size=20), st.none(), st.builds(UnreadableError, st.just(IO), st.text())
        ),
        min_size=1,
        max_size=8,
    ),
    max_size=6,
)
LIMITS = st.builds(
    Limits, st.just(20), batch_bytes=st.integers(1, 60), batch_rows=st.integers(1, 9)
)


def group(number: int, contents: list[Content]) -> RecordGroup:
    known = [content is None for content in contents]
    columns: dict[str, list[Any]] = {
        "path": [f"{number}/{index}" for index in range(len(contents))],
        "error": [ARCHIVE if one else None for one in known],
        "detail": ["known" if one else None for one in known],
    }
    names = pa.record_batch(
        [pa.array(columns.get(field.name, [None] * len(contents)), field.type) for field in NAMES],
        schema=NAMES,
    )

    def read_into(index: int, buffer: memoryview | None) -> int:
        content = contents[index]
        if isinstance(content, DamagedError):
            raise content
        if buffer is None:
            return 0
        if isinstance(content, UnreadableError):
            raise content
        assert content is not None
        buffer[: len(content)] = content
        return len(content)

    return RecordGroup(names, read_into)


def even_rows(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    return np.array([row % 2 == 0 for row in batch.column("row").to_pylist()], np.bool_)


def everything(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    return np.ones(batch.num_rows, np.bool_)


@settings(deadline=None)
@given(GROUPS, LIMITS, st.sampled_from([everything, even_rows]))
def test_the_records_do_not_depend_on_the_limits_of_a_batch(
    groups: list[list[Content]], limits: Limits, needs_content: Callable[..., Any]
) -> None:
    batches = list(assemble((group(*one) for one in enumerate(groups)), needs_content, limits))
    for batch in batches[:-1]:
        held = sum(len(content or b"") for content in batch.column("content").to_pylist())
        assert held >= limits.batch_bytes or batch.num_rows == limits.batch_rows
    expected: list[dict[str, Any]] = []
    for number, contents in enumerate(groups):
        for index, content in enumerate(contents):
            failed = content if isinstance(content, UnreadableError) else None
            is_needed = needs_content is everything or len(expected) % 2 == 0
            expected.append(
                {
                    "row": len(expected),
                    "path": f"{number}/{index}",
                    "content": content if is_needed and isinstance(content, bytes) else None,
                    "error": ARCHIVE if content is None else IO if failed and is_needed else None,
                    "detail": "known"
                    if content is None
                    else failed.detail
                    if failed and is_needed
                    else None,
                }
            )
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [{name: row[name] for name in one} for row, one in zip(rows, expected, strict=True)] == (
        expected
    )


def test_a_batch_is_closed_when_it_is_full() -> None:
    groups = [group(0, [b"x" * 6] * 5)]
    sizes = [b.num_rows for b in assemble(groups, everything, Limits(20, batch_bytes=10))]
    assert sizes == [2, 2, 1]
    rows = [b.num_rows for b in assemble(groups, everything, Limits(20, batch_rows=3))]
    assert rows == [3, 2]


def test_groups_share_batches() -> None:
    groups = [group(number, [b"a", b"b"]) for number in range(3)]
    assert [b.num_rows for b in assemble(groups, everything, Limits())] == [6]


def test_a_row_in_which_its_input_ends_is_dropped() -> None:
    damaged = DamagedError(ARCHIVE, "cut")
    groups = [group(0, [b"a", damaged]), group(1, [b"c"])]
    (batch,) = assemble(groups, everything, Limits())
    assert batch.column("path").to_pylist() == ["0/0", "1/0"]
    assert batch.column("row").to_pylist() == [0, 1]
    (batch,) = assemble(groups, even_rows, Limits())
    assert batch.column("path").to_pylist() == ["0/0", "1/0"]


def test_needs_content_sees_names_and_known_errors_but_no_content() -> None:
    seen = []

    def needs_content(batch: pa.RecordBatch) -> NDArray[np.bool_]:
        seen.extend(batch.to_pylist())
        return everything(batch)

    list(assemble([group(0, [b"a", None]), group(1, [b"b"])], needs_content, Limits()))
    assert [row["path"] for row in seen] == ["0/0", "0/1", "1/0"]
    assert [row["row"] for row in seen] == [0, 1, 2]
    assert [row["error"] for row in seen] == [None, ARCHIVE, None]
    assert {row["content"] for row in seen} == {None}


@pytest.mark.parametrize("held", [1, 3, 10])
def test_a_batch_in_use_is_never_overwritten(held: int) -> None:
    """Buffers are reused only when their batches are gone."""
    contents = [bytes([number]) * 8 for number in range(40)]
    limits = Limits(20, batch_bytes=8)
    waiting: list[tuple[pa.Array, int]] = []
    for number, batch in enumerate(assemble([group(0, list(contents))], everything, limits)):
        waiting.append((batch.column("content"), number))
        del batch
        for column, which in waiting:
            assert column[0].as_py() == contents[which]
        waiting = waiting[-held:]
