"""Byte columns are views of Arrow buffers, without copies."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.columns import ByteColumn


def values(column: ByteColumn) -> list[bytes]:
    spans = zip(column.starts, column.ends, strict=True)
    return [column.data[start:end].tobytes() for start, end in spans]


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.string(), pa.large_string()])
@given(data=st.lists(st.text(max_size=5)), first=st.integers(0, 3))
def test_views_any_string_or_binary_array_and_its_slices(
    kind: pa.DataType, data: list[str], first: int
) -> None:
    array = pa.array(data, kind)[first:]
    assert values(ByteColumn.from_arrow(array)) == [text.encode() for text in data[first:]]


def test_nulls_become_empty_values() -> None:
    assert values(ByteColumn.from_arrow(pa.array([b"a", None, b"c"]))) == [b"a", b"", b"c"]


def test_select_and_head_share_the_buffer() -> None:
    column = ByteColumn.from_values([b"one", b"two", b"three"])
    chosen = column.select(np.array([True, False, True]))
    assert values(chosen) == [b"one", b"three"]
    assert values(column.select(np.array([2, 0]))) == [b"three", b"one"]
    assert values(column.head(2)) == [b"on", b"tw", b"th"]
    assert chosen.data is column.data
    assert chosen.sizes.tolist() == [3, 5]
