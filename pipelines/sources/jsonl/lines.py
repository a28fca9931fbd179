"""From a stretch of a file to blocks of whole lines.

Inflated bytes are counted in blocks of one size; a line belongs to the block that it begins in. A
stripe takes some blocks that follow each other: those before are inflated and passed over unseen,
those behind are not inflated. Whatever does not begin its file, stretch or stripe, leaves the line
that it begins in, and one that begins just there, to what comes before, which reads on for it. So
every line is taken once, and damage shows once: in the stripe that its block belongs to.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.pipelines.sources.base import DamagedError
from codecorpus.pipelines.sources.buffer_pool import lend, take_room
from codecorpus.pipelines.sources.dataset_files import TO_THE_END
from codecorpus.pipelines.sources.io.local import File
from codecorpus.pipelines.sources.jsonl.decompression import Inflated
from codecorpus.pipelines.sources.jsonl.grammar import PADDING, last_line_end, line_end

_EXPANSION = 3
"""How many times as long as its text a line may be: with each letter written as `\\u0000`, or as
two such for those beyond the basic plane, it is that long; of control characters alone, twice."""
_AROUND = 1 << 16  # bytes of a line that are not its text
_LINE_FEED = 10
_LOOK = 1 << 16  # bytes behind a stretch that are read at first, to find where its last line ends


@dataclass(frozen=True)
class Stretch:
    """What of a file is read.

    Attributes:
        file: open.
        codec: as of `Inflated`.
        begin, end: bytes of the file.
        size: bytes of the whole file.
        first, last: of a stripe, the inflated bytes that its lines begin in, about.
    """

    file: File
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
    begin: int
    """Where the first line begins."""
    end: int
    """One past the last line."""
    cut: bool
    """A line that is longer than any that is read stood behind them."""


def blocks_of_lines(stretch: Stretch, block_bytes: int, record_bytes: int) -> Iterator[Block]:
    """The lines of a stretch.

    They are inflated to where they stay: behind the beginning of a line, which the block before
    left over.

    Args:
        stretch: what to read.
        block_bytes: how large a block is.
        record_bytes: what the text in a line may have; a line that cannot be such is passed over
            without being held.

    Raises:
        DamagedError: at the end, after the whole lines before the damage.
    """
    first, last = stretch.first // block_bytes, stretch.last // block_bytes
    if first == last:
        return
    longest = _EXPANSION * record_bytes + _AROUND
    size = longest + block_bytes + PADDING
    room = lend(take_room(size), size)
    source = Inflated(stretch.file, stretch.codec, stretch.begin, stretch.end)
    passing = stretch.begin > 0 or first > 0  # the line is not ours, or too long
    held = number = 0  # bytes of a line of ours that has not ended; blocks that were read
    count, damage = block_bytes, None
    while number < last and count == block_bytes:
        count, damage = _fill(source, room[held : held + block_bytes])
        number += 1
        if number <= first:
            continue
        stop = held + count
        begin = line_end(room, 0, stop) if passing else 0
        passing = passing and not (begin and room[begin - 1] == _LINE_FEED)
        end = last_line_end(room, max(begin, held), stop)
        if begin < end:
            yield Block(room, begin, end, cut=False)
        end = max(begin, end)
        held = stop - end
        if held > longest:
            yield Block(room, 0, 0, cut=True)
            held, passing = 0, True
        room[:held] = room[end : end + held]
    if damage is None and not passing:
        yield from _rest(stretch, source if number == last else None, room, held, block_bytes)
    if damage is not None and first < number <= last:
        raise damage


def _rest(
    stretch: Stretch, source: Inflated | None, room: NDArray[np.uint8], held: int, block_bytes: int
) -> Iterator[Block]:
    """The line that a stretch or stripe ends in, read on to its end, or that begins just there.

    Args:
        stretch: what was read.
        source: what the line goes on in; None: in what follows the stretch.
        room: what holds the line's beginning.
        held: how many bytes of it.
        block_bytes: how much to read at once.
    """
    if source is None:
        source = Inflated(stretch.file, stretch.codec, stretch.end, stretch.size)
    done, step = block_bytes, _LOOK
    while True:
        if done == block_bytes:  # the bound counts whole blocks, however little is read at once
            if held + block_bytes + PADDING > len(room):
                yield Block(room, 0, 0, cut=True)
                return
            done = 0
        step = min(step, block_bytes - done)
        count, damage = _fill(source, room[held : held + step])
        held = line_end(room, held, held + count)
        if count and room[held - 1] == _LINE_FEED:
            break
        if damage is not None:  # what it lies in reports it
            return
        if count < step:
            break
        done += count
        step *= 2
    if held:
        yield Block(room, 0, held, cut=False)


def _fill(source: Inflated, room: NDArray[np.uint8]) -> tuple[int, DamagedError | None]:
    """Fill a buffer; how many bytes it has, and why it has no more."""
    try:
        return source.fill(room.data), None
    except DamagedError as damage:
        return source.given, damage
