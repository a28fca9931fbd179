"""How files of JSON lines are cut: at frames or anywhere, or into stripes where neither can be."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from codecorpus.pipelines.sources.archives.decompression import INFLATION, gzip_bytes
from codecorpus.pipelines.sources.base import UnreadableError
from codecorpus.pipelines.sources.dataset_files import TO_THE_END, DataFile, Split
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.io.local import File
from codecorpus.pipelines.sources.jsonl.zstd_frames import frames
from codecorpus.pipelines.storage.locations import is_remote

_WALKED: Final = 256 << 20
"""Bytes of the largest remote file that is fetched to find its frames, before it is read."""

_MOST_STRIPES: Final = 2
"""Each inflates what lies before it, and nothing of what lies behind: two inflate a file one and a
half times in all, eight four and a half times. A core read 141 MB of lines in one frame, or gzip
stream, at

    stripes        1    2    3    4    8
    zstd, MB/s   509  386  330  271  165
    gzip, MB/s   420  337  286  229  142

Of The Pile's lines most are only inflated and passed over; and it has thirty files,
codeparrot-clean fifty-four, which is enough to split out."""


def split_lines(file: DataFile, part_bytes: int) -> Iterator[tuple[Split, int]]:
    """The splits of a file, and what each weighs in a part."""
    size = file.entry.size
    factor = 1 if file.kind == "plain" else INFLATION
    begin = 0
    for end, inflated in _cuts(file, max(1, part_bytes // factor)):
        if inflated > part_bytes and (begin, end) == (0, size) and file.kind != "plain":
            stripes = min(_MOST_STRIPES, -(-inflated // part_bytes))
            bounds = [inflated * stripe // stripes for stripe in range(stripes)] + [TO_THE_END]
            for first, last in pairwise(bounds):
                yield file.split(0, size, first, last), inflated // stripes
        else:
            yield file.split(begin, end), (end - begin) * factor
        begin = end


def _cuts(file: DataFile, most: int) -> Iterator[tuple[int, int]]:
    """Where a file may be cut into stretches of about `most` bytes, its end last.

    Yields:
        The end of each stretch, and how many bytes it holds, inflated, about.
    """
    size = file.entry.size
    if file.kind == "plain" or (file.kind == "zstd" and size <= most):
        yield from ((end, most) for end in range(most, size, most))
        yield size, most
        return
    try:
        opened = open_file(file.location, (size, str(file.entry.stamp)), again=False)
    except UnreadableError:  # reading it will say so
        yield size, 0
        return
    try:
        if file.kind == "zstd" and size > _WALKED and is_remote(file.location):
            yield size, size * INFLATION
        elif file.kind == "zstd":
            yield from _frames(opened.file, size, most)
        else:
            yield size, gzip_bytes(opened.file, size)
    finally:
        opened.file.close()


def _frames(file: File, size: int, most: int) -> Iterator[tuple[int, int]]:
    begin = before = inflated = 0
    for frame in frames(file, size):
        if frame.end - begin > most and before > begin:
            yield before, inflated
            begin, inflated = before, 0
        before = frame.end
        inflated += frame.inflated
    yield size, inflated
