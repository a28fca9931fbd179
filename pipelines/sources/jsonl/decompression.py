"""The bytes of a range of a file, decompressed, in chunks.

Arrow discards what it has decompressed in a call that fails. After an error a Zstandard range is
therefore decompressed again in small steps, which yields everything before the damaged block.
"""

import io
from collections.abc import Iterator
from typing import Any, Final

import pyarrow as pa

from codecorpus.pipelines.sources.archives.decompression import Gzip
from codecorpus.pipelines.sources.base import ARCHIVE, IO, DamagedError
from codecorpus.pipelines.sources.io.local import File

CHUNK: Final = 1 << 18  # small enough for a processor's cache
_READ: Final = 1 << 20  # compressed bytes read at a time
_SMALL_READ: Final = 1 << 10  # likewise after an error; the second pass then takes about a second


def decompress(file: File, codec: str, begin: int, end: int, chunk: int = CHUNK) -> Iterator[bytes]:
    """The decompressed bytes [begin, end) of an open file, in chunks of at most `chunk` bytes.

    Args:
        file: open; the caller closes it.
        codec: `plain`, `zstd` or `gzip`.
        begin: the start of a frame where the file is compressed; 0 for gzip.
        end: one past the last byte.
        chunk: gzip returns chunks of any size up to a megabyte.

    Raises:
        DamagedError: the bytes cannot be read or decompressed; all that precede them were yielded.
    """
    if begin == end:
        return
    if codec == "zstd":
        yield from _zstd(file, begin, end, chunk)
    elif codec == "gzip":
        yield from iter(Gzip(file, end).chunk, b"")
    else:
        yield from _plain(file, begin, end, chunk)


def _plain(file: File, begin: int, end: int, chunk: int) -> Iterator[bytes]:
    while begin < end:
        try:
            data = file.pread(min(chunk, end - begin), begin)
        except OSError as error:
            raise DamagedError(IO, error.strerror or str(error)) from error
        if not data:
            return
        yield data
        begin += len(data)


def _zstd(file: File, begin: int, end: int, chunk: int) -> Iterator[bytes]:
    total = 0
    try:
        stream = pa.CompressedInputStream(
            io.BufferedReader(_Range(file, begin, end), _READ), "zstd"
        )
        while data := stream.read(chunk):
            yield data
            total += len(data)
    except (OSError, pa.ArrowException) as error:
        if getattr(error, "errno", None):
            raise DamagedError(IO, str(error)) from error
        yield _salvage(_Range(file, begin, end, _SMALL_READ), total)
        raise DamagedError(ARCHIVE, f"its compression is damaged: {error}") from error


def _salvage(raw: io.RawIOBase, total: int) -> bytes:
    """The bytes between decompressed byte `total` and the damage."""
    stream = pa.CompressedInputStream(raw, "zstd")
    salvaged = bytearray()
    try:
        while total and (skipped := len(stream.read(min(total, CHUNK)))):
            total -= skipped
        while byte := stream.read(1):
            salvaged += byte
    except (OSError, pa.ArrowException):
        pass
    return bytes(salvaged)


class _Range(io.RawIOBase):
    """The bytes [begin, end) of an open file, at most `limit` of them a read."""

    def __init__(self, file: File, begin: int, end: int, limit: int = _READ) -> None:
        super().__init__()
        self._file, self._at, self._end, self._limit = file, begin, end, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        view = memoryview(buffer).cast("B")[: min(self._limit, self._end - self._at)]
        count = self._file.preadinto(view, self._at)
        self._at += count
        return count
