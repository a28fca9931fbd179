"""A buffer over a stream returns the stream's bytes, whatever the calls."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.sources.archives.stream_buffer import StreamBuffer
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError

DATA = bytes(range(256)) * 8


class Chunks:
    """A stream of given chunk sizes, which may end with damage."""

    def __init__(self, data: bytes, size: int, *, can_skip: bool, is_damaged: bool = False) -> None:
        self._data, self._size, self._at = data, size, 0
        self._can_skip, self._is_damaged = can_skip, is_damaged

    def chunk(self) -> bytes:
        piece = self._data[self._at : self._at + self._size]
        self._at += len(piece)
        if not piece and self._is_damaged:
            raise DamagedError(ARCHIVE, "damaged")
        return piece

    def skip(self, size: int) -> int:
        if not self._can_skip:
            return 0
        step = min(size, len(self._data) - self._at)
        self._at += step
        return step


calls = st.lists(st.tuples(st.sampled_from(["take", "skip", "copy"]), st.integers(0, 300)))


@given(calls, st.integers(1, 600), st.booleans())
def test_any_calls_return_the_bytes_of_the_stream(
    steps: list[tuple[str, int]], size: int, can_skip: bool
) -> None:
    buffer = StreamBuffer(Chunks(DATA, size, can_skip=can_skip))
    at = 0
    for name, count in steps:
        if at + count > len(DATA):
            break
        if name == "take":
            assert bytes(buffer.take(count)) == DATA[at : at + count]
        elif name == "copy":
            target = bytearray(count)
            buffer.copy_into(memoryview(target))
            assert bytes(target) == DATA[at : at + count]
        else:
            buffer.skip(count)
        at += count
        assert buffer.position == at
    assert buffer.at_end() is (at == len(DATA))


@pytest.mark.parametrize(
    "read",
    [
        lambda buffer: buffer.take(5),
        lambda buffer: buffer.skip(5),
        lambda buffer: buffer.copy_into(memoryview(bytearray(5))),
    ],
)
def test_reading_past_the_end_is_damage(read: Callable[[StreamBuffer], object]) -> None:
    buffer = StreamBuffer(Chunks(b"1234", 3, can_skip=True))
    with pytest.raises(DamagedError, match="truncated"):
        read(buffer)


def test_damage_is_raised_by_every_call_that_needs_more() -> None:
    buffer = StreamBuffer(Chunks(b"1234", 4, can_skip=False, is_damaged=True))
    assert bytes(buffer.take(4)) == b"1234"
    for _ in range(2):
        with pytest.raises(DamagedError, match="damaged"):
            buffer.at_end()
    with pytest.raises(DamagedError, match="damaged"):
        buffer.drain()


def test_what_was_taken_stays_valid_when_the_buffer_moves_on() -> None:
    buffer = StreamBuffer(Chunks(DATA, 100, can_skip=False))
    first = buffer.take(50)
    buffer.take(1_000)
    assert bytes(first) == DATA[:50]
    assert buffer.holds(0)
