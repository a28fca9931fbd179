"""The bytes of an archive or a gzip file from start to end, decompressed if necessary.

Each step of decompression has bounded output, so memory does not depend on the input. ISA-L
decompresses, at twice the speed of zlib. If it fails, zlib decompresses the damaged stream again,
because its state can be copied and restored, and returns everything before the damage.
"""

import zlib
from typing import Any, Final, Protocol

from isal import isal_zlib

from codecorpus.pipelines.sources.archives.archive import bomb_error, max_expansion
from codecorpus.pipelines.sources.base import ARCHIVE, IO, DamagedError
from codecorpus.pipelines.sources.io.local import File

CHUNK: Final = 1 << 20
"""The most bytes that `Stream.chunk` returns."""
_READ_BYTES: Final = 128 << 10  # compressed bytes read at a time
_GZIP: Final = 16 + zlib.MAX_WBITS
INFLATION: Final = 4
"""About how many bytes of source code one compressed byte represents."""
TRUNCATED: Final = "it is truncated"
ISAL_ERROR: Final[Any] = isal_zlib.error
"""The error class of ISA-L; its stub does not declare it as a class."""


class Stream(Protocol):
    """Bytes that can be read once, in order."""

    def chunk(self) -> bytes:
        """The next bytes, at most CHUNK; empty at the end."""

    def skip(self, size: int) -> int:
        """Skip up to `size` bytes as far as that needs no reading; return how many."""


def open_stream(file: File, size: int) -> Stream:
    """The bytes of an open file of `size` bytes, decompressed if it begins like gzip."""
    return Gzip(file, size) if is_gzip(file) else Plain(file, size)


def is_gzip(file: File) -> bool:
    """Whether a file begins with the magic number of gzip."""
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
        """Skip up to `size` bytes, at most to the end; return how many."""
        step = max(0, min(size, self._size - self._at))
        self._at += step
        return step


class Gzip:
    """A gzip file of one or more streams, which may be followed by zeros."""

    def __init__(self, file: File, size: int) -> None:
        self._file = file
        self._size = size
        self._at = 0
        self._use_zlib = False  # after damage was found
        self._inflater = self._open()
        self._stream_start = (0, 0)  # offset in the file, and bytes returned before it
        self._in_stream = False
        self._ended = False
        self._unused = b""  # compressed bytes that were read but not used
        self._returned = 0
        self._damage: DamagedError | None = None

    def chunk(self) -> bytes:
        """The next decompressed bytes."""
        out = b""
        while not out and not self._ended:
            out = self._step()
        return out

    def skip(self, size: int) -> int:  # noqa: ARG002 - compressed data must be read
        """Skip nothing: compressed bytes can only be read."""
        return 0

    def _step(self) -> bytes:
        """Decompress the next compressed bytes; the result may be empty."""
        if self._damage is not None:
            raise self._damage
        data = self._unused or self._more()
        self._unused = b""
        if not self._in_stream:
            self._ended = not data
            data = data.lstrip(b"\0") if self._returned else data
            if not data:
                return b""
            self._stream_start = self._at - len(data), self._returned
            self._inflater, self._in_stream = self._open(), True
        out = self._inflate(data)
        if not data and not out and self._in_stream:
            raise DamagedError(ARCHIVE, TRUNCATED)
        return out

    def _inflate(self, data: bytes) -> bytes:
        before = self._inflater.copy() if self._use_zlib else None
        try:
            out: bytes = self._inflater.decompress(data, CHUNK)
        except (ISAL_ERROR, zlib.error) as error:
            if before is None:
                self._restart_with_zlib()
                return b""
            self._damage = DamagedError(ARCHIVE, f"its compression is damaged: {error}")
            return _salvage(before, data)
        self._in_stream = not self._inflater.eof
        self._unused = self._inflater.unconsumed_tail or self._inflater.unused_data
        self._returned += len(out)
        if self._returned > max_expansion(self._size):
            raise bomb_error(self._size)
        return out

    def _restart_with_zlib(self) -> None:
        """Decompress the current stream again with zlib, up to the bytes already returned."""
        self._use_zlib = True
        self._at, returned = self._stream_start
        self._inflater, self._unused = zlib.decompressobj(_GZIP), b""
        remaining = self._returned - returned
        while remaining:
            data = self._unused or self._more()
            try:
                out = self._inflater.decompress(data, min(remaining, CHUNK))
            except zlib.error as error:
                raise DamagedError(ARCHIVE, f"its compression is damaged: {error}") from error
            if not data and not out:
                raise DamagedError(ARCHIVE, TRUNCATED)
            self._unused = self._inflater.unconsumed_tail
            remaining -= len(out)

    def _open(self) -> Any:  # noqa: ANN401 - isal's stub has no name for the class
        return zlib.decompressobj(_GZIP) if self._use_zlib else isal_zlib.decompressobj(_GZIP)

    def _more(self) -> bytes:
        data = _read(self._file, _READ_BYTES, self._at)
        self._at += len(data)
        return data


def _salvage(inflater: "zlib._Decompress", data: bytes) -> bytes:
    """The bytes of `data` before the damage; zlib discards the output of a call that fails."""
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
            if not piece and not data:  # not expected, because this data failed before
                return out
    return out


def _read(file: File, size: int, at: int) -> bytes:
    try:
        return file.pread(size, at)
    except OSError as error:
        raise DamagedError(IO, error.strerror or str(error)) from error


def gzip_bytes(file: File, size: int) -> int:
    """The approximate decompressed size of a gzip file of `size` bytes.

    The trailer states the size of the last stream modulo 4 GiB (RFC 1952, ISIZE). The multiple of
    4 GiB is chosen to fit the usual ratio; a stated size below the compressed one is not used.
    """
    stated = int.from_bytes(file.pread(4, max(0, size - 4)), "little")
    multiples = max(0, round((size * INFLATION - stated) / (1 << 32)))
    stated += multiples << 32
    return stated if stated >= size else size * INFLATION
