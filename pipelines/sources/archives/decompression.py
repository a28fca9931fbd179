"""An archive's bytes from beginning to end, inflated where it is compressed.

Inflating has bounded output, so that memory does not follow from the input. ISA-L does it, at twice
zlib's speed; where it fails, zlib goes through the damaged stream once more, since it can be held
and taken up again, and gives all that stands before the damage.
"""

import zlib
from typing import Any, Final, Protocol

from isal import isal_zlib

from codecorpus.pipelines.sources.archives.archive import bomb, most_bytes
from codecorpus.pipelines.sources.base import ARCHIVE, IO, DamagedError
from codecorpus.pipelines.sources.io.local import File

CHUNK: Final = 1 << 20  # bytes given out at once
_COMPRESSED: Final = 128 << 10  # bytes of a compressed file read at once
_GZIP: Final = 16 + zlib.MAX_WBITS
INFLATION: Final = 4
"""Bytes of source code that a compressed byte stands for, about."""
CUT: Final = "it is cut short"
FAILED: Final[Any] = isal_zlib.error
"""What ISA-L raises of bytes that it cannot inflate; its stub does not say that it is a class."""


class Stream(Protocol):
    """Bytes that can be had once, in order."""

    def chunk(self) -> bytes:
        """The next bytes, at most CHUNK; none at the end."""

    def skip(self, size: int) -> int:
        """Pass over at most `size` bytes as far as that needs no reading; how many."""


def open_stream(file: File, size: int) -> Stream:
    """The bytes of an open file of `size` bytes, inflated if it begins as gzip does."""
    return Gzip(file, size) if is_gzip(file) else Plain(file, size)


def is_gzip(file: File) -> bool:
    """Whether a file begins as gzip does."""
    return file.pread(2, 0) == b"\x1f\x8b"


class Plain:
    """A file that is not compressed."""

    def __init__(self, file: File, size: int) -> None:
        self._file = file
        self._size = size
        self._at = 0

    def chunk(self) -> bytes:
        """The next bytes of the file."""
        data = _read(self._file, CHUNK, self._at)
        self._at += len(data)
        return data

    def skip(self, size: int) -> int:
        """Move on, at most to the end."""
        step = max(0, min(size, self._size - self._at))
        self._at += step
        return step


class Gzip:
    """A gzip file: one compressed stream, or several behind each other, zeros between them."""

    def __init__(self, file: File, size: int) -> None:
        self._file = file
        self._size = size
        self._at = 0
        self._careful = False  # damage was met: zlib inflates
        self._inflater = self._open()
        self._begun = (0, 0)  # where the stream begins, and how much was given before it
        self._inside = False  # a stream has begun and not ended
        self._ended = False
        self._waiting = b""  # compressed, read but not used
        self._given = 0
        self._failed: DamagedError | None = None

    def chunk(self) -> bytes:
        """The next inflated bytes."""
        out = b""
        while not out and not self._ended:
            out = self._step()
        return out

    def skip(self, size: int) -> int:  # noqa: ARG002 - what is compressed must be read
        """Nothing."""
        return 0

    def _step(self) -> bytes:
        """Take in some compressed bytes; what they gave, which may be nothing."""
        if self._failed is not None:
            raise self._failed
        data = self._waiting or self._more()
        self._waiting = b""
        if not self._inside:
            self._ended = not data
            data = data.lstrip(b"\0") if self._given else data
            if not data:
                return b""
            self._begun = self._at - len(data), self._given
            self._inflater, self._inside = self._open(), True
        out = self._inflate(data)
        if not data and not out and self._inside:
            raise DamagedError(ARCHIVE, CUT)
        return out

    def _inflate(self, data: bytes) -> bytes:
        before = self._inflater.copy() if self._careful else None
        try:
            out: bytes = self._inflater.decompress(data, CHUNK)
        except (FAILED, zlib.error) as error:
            if before is None:
                self._begin_again()
                return b""
            self._failed = DamagedError(ARCHIVE, f"its compression is damaged: {error}")
            return _salvage(before, data)
        self._inside = not self._inflater.eof
        self._waiting = self._inflater.unconsumed_tail or self._inflater.unused_data
        self._given += len(out)
        if self._given > most_bytes(self._size):
            raise bomb(self._size)
        return out

    def _begin_again(self) -> None:
        """Inflate the stream with zlib from its beginning to where it stands."""
        self._careful = True
        self._at, given = self._begun
        self._inflater, self._waiting = zlib.decompressobj(_GZIP), b""
        left = self._given - given
        while left:
            data = self._waiting or self._more()
            try:
                out = self._inflater.decompress(data, min(left, CHUNK))
            except zlib.error as error:
                raise DamagedError(ARCHIVE, f"its compression is damaged: {error}") from error
            if not data and not out:
                raise DamagedError(ARCHIVE, CUT)
            self._waiting = self._inflater.unconsumed_tail
            left -= len(out)

    def _open(self) -> Any:  # noqa: ANN401 - isal's has no name for checkers
        return zlib.decompressobj(_GZIP) if self._careful else isal_zlib.decompressobj(_GZIP)

    def _more(self) -> bytes:
        data = _read(self._file, _COMPRESSED, self._at)
        self._at += len(data)
        return data


def _salvage(inflater: "zlib._Decompress", data: bytes) -> bytes:
    """What `data` gives before it fails; zlib itself drops all that a failing call gave."""
    out = b""
    for step in (4_096, 64, 1):
        while True:
            before = inflater.copy()
            try:
                piece = inflater.decompress(data, step)
            except zlib.error:
                inflater = before
                break
            out += piece
            data = inflater.unconsumed_tail
            if not piece and not data:  # cannot be, since it failed before
                return out
    return out


def _read(file: File, size: int, at: int) -> bytes:
    try:
        return file.pread(size, at)
    except OSError as error:
        raise DamagedError(IO, error.strerror or str(error)) from error


def gzip_bytes(file: File, size: int) -> int:
    """What a gzip file says that it holds (RFC 1952, ISIZE), or what it probably does.

    The number is that of the last stream, less some times 4 GiB.
    """
    stated = int.from_bytes(file.pread(4, max(0, size - 4)), "little")
    rounds = max(0, round((size * INFLATION - stated) / (1 << 32)))
    stated += rounds << 32
    return stated if stated >= size else size * INFLATION
