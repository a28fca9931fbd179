"""A stretch of a file as the bytes that it holds, inflated where it is compressed.

What a call of Arrow inflates before it fails is gone. So where Zstandard fails, the stretch is gone
through once more, little by little, and gives what stands before the damaged block.
"""

import io
from typing import Any, Final, Protocol

import pyarrow as pa

from codecorpus.pipelines.sources.archives.decompression import Gzip
from codecorpus.pipelines.sources.base import ARCHIVE, IO, DamagedError
from codecorpus.pipelines.sources.io.local import File

_READ: Final = 1 << 20  # bytes of a file read at once

_PIECE: Final = 1 << 20  # bytes inflated at once
_SMALL_READ, _SMALL_PIECE = 1 << 10, 1  # the same, once there was damage: a second or so in all


class Readable(Protocol):
    """What a stretch is read from."""

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill a buffer as far as bytes are there; how many."""


class _Stretch(io.RawIOBase):
    """The bytes [begin, end) of an open file."""

    def __init__(self, file: File, begin: int, end: int, most: int = _READ) -> None:
        super().__init__()
        self._file, self._at, self._end, self._most = file, begin, end, most

    def readable(self) -> bool:
        """Arrow asks before it reads."""
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill a buffer as far as one read goes."""
        view = memoryview(buffer).cast("B")[: min(self._most, self._end - self._at)]
        count = self._file.preadinto(view, self._at)
        self._at += count
        return count


class _Chunks:
    """A gzip file, read as the archives are: isal inflates it, and zlib what is damaged."""

    def __init__(self, file: File, size: int) -> None:
        self._stream = Gzip(file, size)
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
        file: open; the caller closes it.
        codec: `plain`, `zstd` or `gzip`.
        begin: where the stretch begins: at a frame, where it is compressed.
        end: where it ends; a gzip file is one stretch.
    """

    def __init__(self, file: File, codec: str, begin: int, end: int) -> None:
        self._stream: Readable | None = None
        self._stretch = file, begin, end
        self._total = 0  # bytes given so far
        self._piece = _PIECE
        self._may_fail = codec == "zstd"  # and be gone through once more
        if end > begin and codec == "gzip":
            self._stream = _Chunks(file, end)
        elif end > begin and codec == "plain":
            self._stream = _Stretch(file, begin, end)
        elif end > begin:
            raw = io.BufferedReader(_Stretch(file, begin, end), _READ)
            self._stream = pa.CompressedInputStream(raw, codec)

    def fill(self, buffer: memoryview) -> int:
        """Fill a buffer; fewer bytes only at the end of the stretch.

        Raises:
            DamagedError: the bytes cannot be read or inflated. What came before it in this call
                stands in the buffer; `given` says how much.
        """
        self.given = 0
        while self._stream is not None and self.given < len(buffer):
            try:
                count = self._stream.readinto(buffer[self.given :][: self._piece])
            except DamagedError:
                self._stream = None
                raise
            except (OSError, pa.ArrowException) as error:
                if self._may_fail and not getattr(error, "errno", None):
                    self._begin_again()
                    continue
                self._stream = None
                reason = IO if getattr(error, "errno", None) else ARCHIVE
                raise DamagedError(reason, f"its compression is damaged: {error}") from error
            if not count:
                self._stream = None
            self.given += count
            self._total += count
        return self.given

    def _begin_again(self) -> None:
        """Go on where this stands with a stream that inflates little at once."""
        self._may_fail, self._piece = False, _SMALL_PIECE
        stream = pa.CompressedInputStream(_Stretch(*self._stretch, _SMALL_READ), "zstd")
        left = self._total
        scratch = memoryview(bytearray(min(left, _PIECE)))
        while left and (count := stream.readinto(scratch[:left])):
            left -= count
        self._stream = stream
