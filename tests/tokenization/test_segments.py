"""Files are split into the fewest segments, of nearly equal sizes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.errors import UsageError
from codecorpus.tokenization.segments import split_into_segments

FILES = st.lists(st.tuples(st.integers(0, 100), st.integers(1, 5)), max_size=12)


def expected(length: int, tag: int, sequence_length: int) -> list[tuple[int, int]]:
    """Start and length of each segment of one file, by trying numbers of segments."""
    count = 1
    while -(-length // count) > sequence_length + 1 - tag - 1:
        count += 1
    cuts, start = [], 0
    for index in range(count):
        size = -(-(length - start) // (count - index))
        cuts.append((start, size))
        start += size
    return cuts


@given(FILES, st.integers(6, 30))
def test_segments_are_the_fewest_and_balanced(
    files: list[tuple[int, int]], sequence_length: int
) -> None:
    lengths = np.array([length for length, _ in files], np.int64)
    tags = np.array([tag for _, tag in files], np.int64)
    segments = split_into_segments(lengths, tags, sequence_length)
    found = [[] for _ in files]  # type: list[list[tuple[int, int]]]
    for index, file in enumerate(segments.file.tolist()):
        assert segments.segment[index] == len(found[file])
        found[file].append((int(segments.start[index]), int(segments.length[index])))
    assert found == [expected(*file, sequence_length) for file in files]
    assert segments.file.tolist() == sorted(segments.file.tolist())
    for index, file in enumerate(segments.file.tolist()):
        assert segments.segments[index] == len(found[file])
    assert segments.is_last.sum() == len(files)


def test_a_file_that_just_fits_is_not_split() -> None:
    segments = split_into_segments(np.array([2_043, 2_044]), np.array([5, 5]), 2_048)
    assert segments.file.tolist() == [0, 1, 1]
    assert segments.length.tolist() == [2_043, 1_022, 1_022]


def test_a_file_without_ids_is_one_empty_segment() -> None:
    segments = split_into_segments(np.array([0]), np.array([5]), 2_048)
    assert (segments.length.tolist(), segments.segments.tolist()) == ([0], [1])


def test_array_types() -> None:
    segments = split_into_segments(np.array([3]), np.array([1]), 4)
    types = [
        getattr(segments, name).dtype for name in ("file", "segment", "segments", "start", "length")
    ]
    assert types == [np.int64, np.int32, np.int32, np.int64, np.int64]


def test_rows_too_short_for_a_tag_are_refused() -> None:
    split_into_segments(np.array([3]), np.array([7]), 8)
    with pytest.raises(UsageError, match=r"sequence_length 7 is too small.*set it to 8 or more"):
        split_into_segments(np.array([3]), np.array([7]), 7)
