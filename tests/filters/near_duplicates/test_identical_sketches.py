import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.identical_sketches import (
    find_representatives,
    hash_sketches,
)


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 1), min_size=11, max_size=11), st.booleans()),
        max_size=40,
    )
)
def test_the_representative_is_the_best_file_with_the_same_sketch(
    rows: list[tuple[list[int], bool]],
) -> None:
    sketches = np.array([row for row, _ in rows], np.uint8).reshape(-1, 11)
    comparable = np.array([able for _, able in rows], np.bool_)
    first: dict[bytes, int] = {}
    expected = [
        first.setdefault(sketches[file].tobytes(), file) if comparable[file] else file
        for file in range(len(rows))
    ]
    assert find_representatives(hash_sketches(sketches), comparable).tolist() == expected


def test_thousands_of_equal_sketches_have_one_representative() -> None:
    sketches = np.zeros((50_000, 256), np.uint8)
    sketches[::2] = 7
    representatives = find_representatives(hash_sketches(sketches), np.ones(50_000, np.bool_))
    assert (representatives == np.arange(50_000) % 2).all()


@pytest.mark.parametrize("size", [16, 19, 256])
def test_each_half_of_a_hash_depends_on_every_byte(size: int) -> None:
    sketches = np.zeros((size + 1, size), np.uint8)
    sketches[np.arange(size), np.arange(size)] = 1
    for half in hash_sketches(sketches):
        assert len(np.unique(half)) == size + 1


def test_a_hash_depends_on_its_sketch_alone() -> None:
    sketches = np.random.default_rng(1).integers(0, 256, (50, 256), dtype=np.uint8)
    whole = hash_sketches(sketches)
    parts = [hash_sketches(sketches[begin : begin + 7]) for begin in range(0, 50, 7)]
    assert (whole == np.concatenate(parts, axis=1)).all()
