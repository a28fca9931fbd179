"""SHA-256 digests of files, computed while the files are written."""

import errno
import hashlib
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class FileDigest:
    """Size in bytes and SHA-256 (hexadecimal) of a file."""

    size: int
    sha256: str


class HashingFile(io.RawIOBase):
    """A new file that computes its digest as it is written."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("xb", buffering=0)
        self._sha256 = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        """Return True: Arrow asks before it writes."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        """Write all of `data`; a single raw write may accept only part of it."""
        view = memoryview(data).cast("B")
        self._sha256.update(view)
        written = 0
        while written < len(view):
            count = self._file.write(view[written:])
            self._size += count
            written += count
        return written

    def tell(self) -> int:
        """Bytes written so far."""
        return self._size

    def close(self) -> None:
        """Close the underlying file.

        Raises:
            OSError: the file on disk is shorter than what was written, though no write failed.
        """
        if self._file.closed:
            return
        with self._file:
            stored = os.fstat(self._file.fileno()).st_size
        super().close()
        if stored != self._size:
            raise OSError(errno.EIO, f"{self._size:,} bytes written, {stored:,} arrived")

    def digest(self) -> FileDigest:
        """Size and SHA-256 of the bytes written so far."""
        return FileDigest(self._size, self._sha256.hexdigest())
