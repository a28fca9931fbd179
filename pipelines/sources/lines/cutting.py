"""How files of JSON lines are cut: at frames or anywhere, or into stripes where neither can be."""

import os
from collections.abc import Iterator
from typing import Final

from pipelines.sources.base import UnreadableError
from pipelines.sources.data_files import DataFile, Share
from pipelines.sources.files import open_file
from pipelines.sources.lines.frames import frame_ends

_INFLATION: Final = 4
"""Bytes of source code that a compressed byte stands for, about: what a part weighs."""

_MOST_STRIPES: Final = 8
"""Each inflates the whole file, which is cheap beside all else that is done, but not free."""


def cut_lines(file: DataFile, part_bytes: int) -> Iterator[tuple[Share, int]]:
    """The shares of a file, and what each weighs in a part."""
    size = file.entry.size
    factor = 1 if file.kind == "plain" else _INFLATION
    begin = 0
    for end in _cuts(file, max(1, part_bytes // factor)):
        if (end - begin) * factor > part_bytes and (begin, end) == (0, size):
            stripes = min(_MOST_STRIPES, -(-size * factor // part_bytes))
            stripes = 1 if file.kind == "plain" else stripes
            for stripe in range(stripes):
                yield file.share(0, size, stripe, stripes), size * factor // stripes
        else:
            yield file.share(begin, end), (end - begin) * factor
        begin = end


def _cuts(file: DataFile, most: int) -> Iterator[int]:
    """Where a file may be cut into stretches of about `most` bytes, its end last."""
    size = file.entry.size
    if file.kind == "plain":
        yield from range(most, size, most)
    elif file.kind == "zstd" and size > most:
        yield from _frames(file, most)
    yield size


def _frames(file: DataFile, most: int) -> Iterator[int]:
    try:
        descriptor, _ = open_file(file.location)
    except UnreadableError:  # reading it will say so
        return
    try:
        begin = before = 0
        for end in frame_ends(descriptor, file.entry.size):
            if end - begin > most and before > begin:
                yield before
                begin = before
            before = end
    finally:
        os.close(descriptor)
