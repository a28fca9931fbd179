"""Columns and batches of records."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.sources.base import IO, RECORDS
from codecorpus.pipelines.sources.records import as_names, damage_row, make_records


@given(st.lists(st.text() | st.none()))
def test_valid_names_stay_as_they_are(names: list[str | None]) -> None:
    raw = pa.array(
        [None if name is None else name.encode() for name in names],
        pa.large_binary(),
    )
    assert as_names(raw).to_pylist() == names


@given(st.lists(st.binary() | st.none(), min_size=1))
def test_other_bytes_are_escaped_in_their_value_alone(values: list[bytes | None]) -> None:
    got = as_names(pa.array(values, pa.binary()))
    assert got.type == pa.string()
    for value, name in zip(values, got.to_pylist(), strict=True):
        assert name == (None if value is None else value.decode("utf-8", "backslashreplace"))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_every_text_type_is_read(kind: pa.DataType) -> None:
    assert as_names(pa.array(["a/b.py", None], kind)).to_pylist() == ["a/b.py", None]


def test_columns_that_are_not_given_are_null() -> None:
    batch = make_records(7, 3, path=pa.array(["a", "b", None], pa.string()))
    assert batch.schema == RECORDS
    assert batch["row"].to_pylist() == [7, 8, 9]
    assert batch["path"].to_pylist() == ["a", "b", None]
    assert all(batch[name].null_count == 3 for name in RECORDS.names if name not in {"row", "path"})


def test_a_damaged_file_is_one_row_that_says_why() -> None:
    (row,) = damage_row(5, "x.parquet", IO, "Input/output error").to_pylist()
    found = {name: value for name, value in row.items() if value is not None}
    assert found == {
        "row": 5,
        "path": "x.parquet",
        "error": "unreadable.io",
        "detail": "Input/output error",
    }
