"""A stretch of a file as the bytes that it holds, inflated where it is compressed.

Little is inflated at once, so that of a damaged file little is lost: what a call inflated before it
failed is gone.
"""

import io
import os
from typing import Any, Final, Protocol

import pyarrow as pa

from pipelines.sources.archives.streams import Gzip
from pipelines.sources.base import ARCHIVE, IO, DamagedError

_READ: Final = 1 << 20  # bytes of a file read at once

_PIECE: Final = 1 << 20  # bytes inflated at once


class Readable(Protocol):
    """What a stretch is read from."""

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill a buffer as far as bytes are there; how many."""


class _Stretch(io.RawIOBase):
    """The bytes [begin, end) of an open file."""

    def __init__(self, descriptor: int, begin: int, end: int) -> None:
        super().__init__()
        self._descriptor, self._at, self._end = descriptor, begin, end

    def readable(self) -> bool:
        """Arrow asks before it reads."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill a buffer, or what is left of the stretch."""
        view = memoryview(buffer).cast("B")
        count = os.preadv(self._descriptor, [view[: self._end - self._at]], self._at)
        self._at += count
        return count


class _Chunks:
    """A gzip file, read as the archives are: isal inflates it, and zlib what is damaged."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._stream = Gzip(descriptor, size)
        self._left = memoryview(b"")

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill a buffer as far as one chunk does."""
        left = self._left or memoryview(self._stream.chunk())
        count = min(len(left), len(buffer))
        buffer[:count] = left[:count]
        self._left = left[count:]
        return count


class Inflated:
    """The bytes that a stretch of a file holds.

    Args:
        descriptor: of the open file; the caller closes it.
        codec: `plain`, `zstd` or `gzip`.
        begin: where the stretch begins: at a frame, where it is compressed.
        end: where it ends; a gzip file is one stretch.
    """

    def __init__(self, descriptor: int, codec: str, begin: int, end: int) -> None:
        self._stream: Readable | None = None
        if end > begin and codec == "gzip":
            self._stream = _Chunks(descriptor, end)
        elif end > begin:
            raw = io.BufferedReader(_Stretch(descriptor, begin, end), _READ)
            self._stream = raw if codec == "plain" else pa.CompressedInputStream(raw, codec)

    def fill(self, buffer: memoryview) -> int:
        """Fill a buffer; fewer bytes only at the end of the stretch.

        Raises:
            DamagedError: the bytes cannot be read or inflated. What came before it in this call
                stands in the buffer; `given` says how much.
        """
        self.given = 0
        while self._stream is not None and self.given < len(buffer):
            try:
                count = self._stream.readinto(buffer[self.given :][:_PIECE])
            except DamagedError:
                self._stream = None
                raise
            except (OSError, pa.ArrowException) as error:
                self._stream = None
                reason = IO if getattr(error, "errno", None) else ARCHIVE
                raise DamagedError(reason, f"its compression is damaged: {error}") from error
            if not count:
                self._stream = None
            self.given += count
        return self.given
