"""Divides JSON-lines files into splits.

A plain file is split anywhere, a Zstandard file between frames. Any other compressed file, and a
Zstandard file of one frame, is divided into at most two ranges of its decompressed bytes, which
are read by decompressing the file from its start.
"""

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

_MAX_SCANNED: Final = 256 << 20
"""Size in bytes of the largest remote file that is fetched while planning, to find its frames."""

_MAX_RANGES: Final = 2
"""Each range decompresses everything before it, and nothing after it: two ranges decompress a file
one and a half times in total, eight four and a half times. One core read 141 MB of lines in one
Zstandard frame, or one gzip stream, at

    ranges         1    2    3    4    8
    zstd, MB/s   509  386  330  271  165
    gzip, MB/s   420  337  286  229  142

Most lines of The Pile are decompressed only to be ignored. It has thirty files, and
codeparrot-clean fifty-four, which is enough to occupy many workers."""


def split_lines(file: DataFile, part_bytes: int) -> Iterator[tuple[Split, int]]:
    """The splits of a file, each with its weight in bytes."""
    size = file.entry.size
    factor = 1 if file.kind == "plain" else INFLATION
    begin = 0
    for end, inflated in _split_points(file, max(1, part_bytes // factor)):
        if inflated > part_bytes and (begin, end) == (0, size) and file.kind != "plain":
            ranges = min(_MAX_RANGES, -(-inflated // part_bytes))
            bounds = [inflated * number // ranges for number in range(ranges)] + [TO_THE_END]
            for decompressed in pairwise(bounds):
                yield file.split(0, size, decompressed), inflated // ranges
        else:
            yield file.split(begin, end), (end - begin) * factor
        begin = end


def _split_points(file: DataFile, limit: int) -> Iterator[tuple[int, int]]:
    """Offsets that divide a file into pieces of about `limit` bytes.

    Yields:
        The end of each piece, and about how many bytes it holds when decompressed. The last end is
        the size of the file.
    """
    size = file.entry.size
    if file.kind == "plain" or (file.kind == "zstd" and size <= limit):
        yield from ((end, limit) for end in range(limit, size, limit))
        yield size, limit
        return
    try:
        opened = open_file(file.location, (size, str(file.entry.stamp)), recheck=False)
    except UnreadableError:  # the split will report it
        yield size, 0
        return
    try:
        if file.kind == "zstd" and size > _MAX_SCANNED and is_remote(file.location):
            yield size, size * INFLATION
        elif file.kind == "zstd":
            yield from _between_frames(opened.file, size, limit)
        else:
            yield size, gzip_bytes(opened.file, size)
    finally:
        opened.file.close()


def _between_frames(file: File, size: int, limit: int) -> Iterator[tuple[int, int]]:
    begin = before = inflated = 0
    for frame in frames(file, size):
        if frame.end - begin > limit and before > begin:
            yield before, inflated
            begin, inflated = before, 0
        before = frame.end
        inflated += frame.inflated
    yield size, inflated
