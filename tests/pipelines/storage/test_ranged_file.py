"""Reads of a remote file, in any order, return its bytes, by few requests."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.storage import ranged_file
from codecorpus.pipelines.storage.ranged_file import RangedFile

CONTENT = random.Random(0).randbytes(100_000)


class Fetched:
    """Serves CONTENT and records the ranges that are requested."""

    def __init__(self) -> None:
        self.ranges: list[tuple[int, int]] = []

    def __call__(self, begin: int, end: int) -> bytes:
        assert 0 <= begin < end <= len(CONTENT)
        self.ranges.append((begin, end))
        return CONTENT[begin:end]


@pytest.fixture(autouse=True, scope="module")
def small_windows() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranged_file, "WINDOW", 8_000)
        patch.setattr(ranged_file, "_FIRST", 1_000)
        yield


OFFSETS = st.integers(0, len(CONTENT) + 10)


@given(st.lists(st.tuples(st.integers(0, 20_000), OFFSETS), max_size=20), st.none() | OFFSETS)
def test_reads_at_any_offset_return_the_file_s_bytes(
    reads: list[tuple[int, int]], end: int | None
) -> None:
    file = RangedFile(Fetched(), len(CONTENT), end)
    for size, at in reads:
        assert file.pread(size, at) == CONTENT[at : at + size]
    file.close()


@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=60))
def test_sequential_reads_return_the_file_s_bytes(sizes: list[int]) -> None:
    file = RangedFile(Fetched(), len(CONTENT))
    at = 0
    for size in sizes:
        buffer = bytearray(size)
        count = file.preadinto(memoryview(buffer), at)
        assert buffer[:count] == CONTENT[at : at + size]
        at += count
    file.close()


def read_sequentially(file: RangedFile, begin: int, end: int, step: int = 500) -> None:
    for at in range(begin, end, step):
        file.pread(min(step, end - at), at)
    file.close()


def test_a_sequential_reader_fetches_each_byte_once_in_growing_ranges() -> None:
    fetched = Fetched()
    read_sequentially(RangedFile(fetched, len(CONTENT)), 0, len(CONTENT))
    ranges = sorted(fetched.ranges)
    assert ranges[0] == (0, 1_000)
    assert [begin for begin, _ in ranges[1:]] == [end for _, end in ranges[:-1]]
    assert ranges[-1][1] == len(CONTENT)
    assert max(end - begin for begin, end in ranges) == 8_000
    assert len(ranges) < 20


def test_nothing_after_the_split_is_fetched_ahead() -> None:
    fetched = Fetched()
    read_sequentially(RangedFile(fetched, len(CONTENT), end=30_000), 10_000, 30_000)
    assert max(end for _, end in fetched.ranges) == 30_000


def test_after_the_split_ranges_start_small_again() -> None:
    fetched = Fetched()
    file = RangedFile(fetched, len(CONTENT), end=40_000)
    for at in range(0, 46_000, 500):
        assert file.pread(500, at) == CONTENT[at : at + 500]
    after = [end - begin for begin, end in fetched.ranges if begin >= 40_000]
    assert after == [1_000, 2_000, 4_000]


def test_a_reader_that_jumps_fetches_small_ranges() -> None:
    fetched = Fetched()
    file = RangedFile(fetched, len(CONTENT))
    for at in (90_000, 10_000, 50_000):
        file.pread(10, at)
    assert fetched.ranges == [(at, at + 1_000) for at in (90_000, 10_000, 50_000)]


def test_an_error_while_fetching_ahead_is_raised_when_its_bytes_are_read() -> None:
    def fetch(begin: int, end: int) -> bytes:
        if end > 5_000:
            raise ConnectionError("gone")
        return CONTENT[begin:end]

    file = RangedFile(fetch, len(CONTENT))
    file.pread(1_000, 0)
    file.pread(1_000, 1_000)
    with pytest.raises(ConnectionError):
        read_sequentially(file, 2_000, 8_000)
