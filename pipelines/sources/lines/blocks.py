"""From a stretch of a file to blocks of whole lines.

Inflated bytes are counted in blocks of one size; a line belongs to the block that it begins in. Of
several stripes each takes every k-th block, and looks through the others only for where a line
begins. A stretch that does not begin its file leaves the line that it begins in, and one that
begins just there, to the stretch before, which reads on for it. So every line is taken once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipelines.sources.base import DamagedError
from pipelines.sources.lines.grammar import PADDING
from pipelines.sources.lines.streams import Inflated

_EXPANSION = 3
"""How many times as long as its text a line may be: with each letter written as `\\u0000`, or as
two such for those beyond the basic plane, it is that long; of control characters alone, twice."""
_AROUND = 1 << 16  # bytes of a line that are not its text


@dataclass(frozen=True)
class Stretch:
    """What of a file is read.

    Attributes:
        descriptor: of the open file.
        codec: as of `Inflated`.
        begin, end: bytes of the file.
        size: bytes of the whole file.
        stripe, stripes: which blocks are taken.
    """

    descriptor: int
    codec: str
    begin: int
    end: int
    size: int
    stripe: int = 0
    stripes: int = 1


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
        self._room = np.empty(block_bytes + longest + PADDING, np.uint8)
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
    number = 0
    is_open = False  # a line that is ours has not ended
    skipping = stretch.begin > 0  # and one that is not ours
    damage = None
    while damage is None:
        try:
            count = source.fill(memoryview(chunk))
        except DamagedError as error:
            damage, count = error, source.given
        begin = 0
        if is_open or skipping:
            begin = chunk.find(b"\n", 0, count) + 1
            if is_open:
                held.append(chunk, 0, begin or count)
            if begin:
                if is_open:
                    yield held.give()
                is_open = skipping = False
            else:
                begin = count
        if begin < count:
            ended = chunk[count - 1] == 10
            if number % stretch.stripes == stretch.stripe:
                held.append(chunk, begin, count)
                if ended:
                    yield held.give()
                is_open = not ended
            else:
                skipping = not ended
        number += 1
        if count < block_bytes:
            break
    if damage is not None:
        held.drop_last()
    elif stretch.end < stretch.size and not skipping:
        _finish_line(stretch, held, chunk)
    if held.size or held.cut:
        yield held.give()
    if damage is not None:
        raise damage


def _finish_line(stretch: Stretch, held: _Held, chunk: bytearray) -> None:
    """Read on behind the stretch until a line ends: one that began in it, or just behind it."""
    source = Inflated(stretch.descriptor, stretch.codec, stretch.end, stretch.size)
    count = len(chunk)
    while count == len(chunk):
        try:
            count = source.fill(memoryview(chunk))
        except DamagedError:  # the stretch that it lies in reports it
            held.drop_last()
            return
        end = chunk.find(b"\n", 0, count) + 1
        held.append(chunk, 0, end or count)
        if end:
            return
