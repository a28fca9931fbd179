"""Ranges of rows, copied from many arrays."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.gather import gather_rows


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(1, 12), st.data())
def test_each_range_comes_from_its_row(sizes: list[int], width: int, data: st.DataObject) -> None:
    chunks = [
        np.arange(size * width, dtype=np.uint16).reshape(size, width) + 1_000 * number
        for number, size in enumerate(sizes)
    ]
    whole = np.concatenate(chunks)
    if not len(whole):
        return
    count = data.draw(st.integers(0, width))
    rows = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1))), np.int64)
    begins = np.array(
        [data.draw(st.integers(0, width - count)) for _ in range(len(rows))], np.int64
    )
    out = np.zeros((len(rows), count), np.uint16)
    first = np.cumsum([0, *sizes])
    addresses = np.array([chunk.__array_interface__["data"][0] for chunk in chunks], np.int64)
    gather_rows(rows, begins, first, addresses, width, out)
    for index, (row, begin) in enumerate(zip(rows.tolist(), begins.tolist(), strict=True)):
        assert np.array_equal(out[index], whole[row, begin : begin + count])
