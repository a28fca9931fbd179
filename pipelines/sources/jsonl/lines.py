"""The lines of a split of a file.

A split skips everything up to the first line feed at or after its start; the previous split reads
past its own end to that line feed. So each line belongs to exactly one split, and so does damage:
to the split that contains the first damaged byte.
"""

from collections.abc import Iterator
from typing import Final

from codecorpus.pipelines.sources.base import DamagedError
from codecorpus.pipelines.sources.dataset_files import Split
from codecorpus.pipelines.sources.io.local import File
from codecorpus.pipelines.sources.jsonl.decompression import decompress

BLOCK_END: Final = b"\n"
"""Between lines of different blocks; no line holds a line feed."""

_PAST_END = 1 << 16  # bytes read at a time beyond the end of a split, to finish its last line


def read_lines(
    file: File, size: int, split: Split, *, block_bytes: int, line_bytes: int
) -> Iterator[bytes | memoryview | None]:
    """The lines of a split without their line feeds, in order; None for one that is too long.

    Lines that end in different blocks of `block_bytes` have BLOCK_END between them, and so has the
    last line if it ends past the split or in no line feed. A batch ends there, so batches depend on
    the file and the split alone.

    Args:
        file: the split's file, open; the caller closes it.
        size: bytes of the file.
        split: `first` and `last` are rounded down to multiples of `block_bytes`.
        block_bytes: unit of a split's decompressed bytes, and the size of a block.
        line_bytes: a longer line is skipped without being held in memory.

    Raises:
        DamagedError: at the end, after all whole lines before the damage.
    """
    skipping = split.begin > 0 or split.decompressed_begin >= block_bytes
    pieces: list[bytes] = []  # the line that the last chunk ended in
    past_end = False
    position = (
        split.decompressed_begin - split.decompressed_begin % block_bytes
    )  # of the chunk, in decompressed bytes
    boundary = position + block_bytes
    try:
        for chunk, past_end in _chunks(file, size, split, block_bytes):
            if past_end and skipping:
                return
            at, view = 0, memoryview(chunk)
            while (end := chunk.find(b"\n", at)) >= 0:
                line: bytes | memoryview = view[at:end]
                at = end + 1
                if pieces:
                    line, pieces = b"".join([*pieces, line]), []
                if past_end or position + end >= boundary:
                    boundary += (position + end - boundary) // block_bytes * block_bytes
                    boundary += block_bytes
                    yield BLOCK_END
                if not skipping:
                    yield line if len(line) <= line_bytes else None
                if past_end:
                    return
                skipping = False
            position += len(chunk)
            if not skipping:
                pieces.append(chunk[at:])
            if sum(map(len, pieces)) > line_bytes:
                yield None
                skipping, pieces = True, []
    except DamagedError:
        if past_end:  # the split that it belongs to reports it
            return
        raise
    if any(pieces):
        yield BLOCK_END
        yield b"".join(pieces)


def _chunks(file: File, size: int, split: Split, block_bytes: int) -> Iterator[tuple[bytes, bool]]:
    """The decompressed bytes from the start of a split to the end of its file.

    Yields:
        A chunk, and whether it lies past the end of the split; the first such chunk is empty.
    """
    first, last = (
        bound - bound % block_bytes for bound in (split.decompressed_begin, split.decompressed_end)
    )
    if first == last:
        return
    at = 0
    try:
        for chunk in decompress(file, split.kind, split.begin, split.end):
            begin, at = at, at + len(chunk)
            if begin < last and at > first:
                yield chunk[max(0, first - begin) : last - begin], False
            if at >= last:
                if begin < last:
                    yield b"", True
                yield chunk[max(0, last - begin) :], True
    except DamagedError:
        if at >= first:
            raise
        return
    if at < last and split.end < size:
        yield b"", True
        for chunk in decompress(file, split.kind, split.end, size, _PAST_END):
            yield chunk, True
