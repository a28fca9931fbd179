"""A stretch of a file as the bytes that it holds, inflated where it is compressed."""

import io
import os
from typing import Any, Final, Protocol

import pyarrow as pa

from pipelines.sources.base import ARCHIVE, IO, DamagedError

_READ: Final = 1 << 20  # bytes of a file read at once

CODECS: Final = {"zstd": "zstd", "gzip": "gzip", "plain": None}
"""How a file may be compressed, and what Arrow calls it."""


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


class Inflated:
    """The bytes that a stretch of a file holds.

    Args:
        descriptor: of the open file; the caller closes it.
        codec: one of CODECS.
        begin: where the stretch begins: at a frame, where it is compressed.
        end: where it ends.
    """

    def __init__(self, descriptor: int, codec: str, begin: int, end: int) -> None:
        raw = io.BufferedReader(_Stretch(descriptor, begin, end), _READ)
        name = CODECS[codec]
        self._stream: Readable | None = None
        if end > begin:
            self._stream = raw if name is None else pa.CompressedInputStream(raw, name)

    def fill(self, buffer: memoryview) -> int:
        """Fill a buffer; fewer bytes only at the end of the stretch.

        Raises:
            DamagedError: the bytes cannot be read or inflated. What came before it in this call
                stands in the buffer; `given` says how much.
        """
        self.given = 0
        while self._stream is not None and self.given < len(buffer):
            try:
                count = self._stream.readinto(buffer[self.given :])
            except (OSError, pa.ArrowException) as error:
                self._stream = None
                reason = IO if getattr(error, "errno", None) else ARCHIVE
                raise DamagedError(reason, f"its compression is damaged: {error}") from error
            if not count:
                self._stream = None
            self.given += count
        return self.given
