"""From a stretch of a file to blocks of whole lines.

Inflated bytes are counted in blocks of one size; a line belongs to the block that it begins in. A
stripe takes some blocks that follow each other: those before are inflated and passed over unseen,
those behind are not inflated. Whatever does not begin its file, stretch or stripe, leaves the line
that it begins in, and one that begins just there, to what comes before, which reads on for it. So
every line is taken once, and damage shows once: in the stripe that its block belongs to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.sources.base import DamagedError
from pipelines.sources.data_files import TO_THE_END
from pipelines.sources.lines.grammar import PADDING
from pipelines.sources.lines.streams import Inflated
from pipelines.sources.rooms import make_room

_EXPANSION = 3
"""How many times as long as its text a line may be: with each letter written as `\\u0000`, or as
two such for those beyond the basic plane, it is that long; of control characters alone, twice."""
_AROUND = 1 << 16  # bytes of a line that are not its text
_LINE_FEED: Final = 10

_BETWEEN, _WITHIN, _PASSING = 0, 1, 2
"""Where a reader stands: between two lines, within one of ours, within one that is not."""


@dataclass(frozen=True)
class Stretch:
    """What of a file is read.

    Attributes:
        descriptor: of the open file.
        codec: as of `Inflated`.
        begin, end: bytes of the file.
        size: bytes of the whole file.
        first, last: of a stripe, the inflated bytes that its lines begin in, about.
    """

    descriptor: int
    codec: str
    begin: int
    end: int
    size: int
    first: int = 0
    last: int = TO_THE_END


class Block(NamedTuple):
    """Lines that follow each other."""

    data: NDArray[np.uint8]
    """With PADDING bytes behind the lines; overwritten by the next block."""
    size: int
    """Bytes of the lines."""
    cut: bool
    """A line that is longer than any that is read stood behind them."""


class _Held:
    """The lines of a block, as they are gathered."""

    def __init__(self, block_bytes: int, record_bytes: int) -> None:
        longest = _EXPANSION * record_bytes + _AROUND
        self._room = make_room(block_bytes + longest + PADDING)
        self.size = 0
        self.cut = False
        self._last = 0  # where the last line begins

    def append(self, chunk: bytearray, begin: int, end: int) -> None:
        """Take bytes of a chunk in; if the last line becomes too long, drop it instead."""
        if self.cut:
            return
        size = self.size + end - begin
        if size > len(self._room) - PADDING:
            self.drop_last()
            self.cut = True
            return
        line = chunk.rfind(b"\n", begin, end) + 1
        if line:
            self._last = self.size + line - begin
        self._room[self.size : size] = np.frombuffer(chunk, np.uint8, end - begin, begin)
        self.size = size

    def drop_last(self) -> None:
        """Drop the line that has not ended."""
        self.size = self._last

    def give(self) -> Block:
        """What was gathered; the next lines take its place."""
        block = Block(self._room, self.size, self.cut)
        self.size, self.cut, self._last = 0, False, 0
        return block


def blocks_of_lines(stretch: Stretch, block_bytes: int, record_bytes: int) -> Iterator[Block]:
    """The lines of a stretch.

    Args:
        stretch: what to read.
        block_bytes: how large a block is.
        record_bytes: what the text in a line may have; a line that cannot be such is passed over
            without being held.

    Raises:
        DamagedError: at the end, after the whole lines before the damage.
    """
    source = Inflated(stretch.descriptor, stretch.codec, stretch.begin, stretch.end)
    held = _Held(block_bytes, record_bytes)
    chunk = bytearray(block_bytes)
    first, last = stretch.first // block_bytes, stretch.last // block_bytes
    if first == last:
        return
    state = _PASSING if stretch.begin or first else _BETWEEN
    for number in count():
        size, damage = _fill(source, chunk)
        if number >= last:
            if state == _PASSING:
                return
            state = _WITHIN
        begin = size if number < first else 0
        if state != _BETWEEN and not begin:
            end = chunk.find(b"\n", 0, size) + 1
            begin = end or size
            if state == _WITHIN:
                held.append(chunk, 0, begin)
            if end and state == _WITHIN:
                yield held.give()
            state = _BETWEEN if end else state
        if number >= last and state == _BETWEEN:
            return
        if begin < size:
            held.append(chunk, begin, size)
            state = _BETWEEN if chunk[size - 1] == _LINE_FEED else _WITHIN
            if state == _BETWEEN:
                yield held.give()
        if damage is not None or size < block_bytes:
            break
    if damage is not None:
        held.drop_last()
    elif stretch.end < stretch.size and state != _PASSING:
        _finish_line(stretch, held, chunk)
    if held.size or held.cut:
        yield held.give()
    if damage is not None and first <= number < last:
        raise damage


def _fill(source: Inflated, chunk: bytearray) -> tuple[int, DamagedError | None]:
    """Fill a chunk; how many bytes it has, and why it has no more."""
    try:
        return source.fill(memoryview(chunk)), None
    except DamagedError as damage:
        return source.given, damage


def _finish_line(stretch: Stretch, held: _Held, chunk: bytearray) -> None:
    """Read on behind the stretch until a line ends: one that began in it, or just behind it."""
    source = Inflated(stretch.descriptor, stretch.codec, stretch.end, stretch.size)
    size = len(chunk)
    while size == len(chunk):
        size, damage = _fill(source, chunk)
        if damage is not None:  # the stretch that it lies in reports it
            held.drop_last()
            return
        end = chunk.find(b"\n", 0, size) + 1
        held.append(chunk, 0, end or size)
        if end:
            return
