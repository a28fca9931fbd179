"""Open and read files of this machine by raw paths of any length, without ever blocking.

A path longer than the system takes at once (PATH_MAX, 4,096 bytes on Linux, 1,024 on macOS) is
opened in pieces, each from the folder of the one before. A file is opened without following a last
link and without blocking, and looked at once more when it is open, so that a fifo which took a
file's place since it was listed does no harm.
"""

import io
import os
import stat
from typing import Any, Final, NamedTuple, Protocol

from codecorpus.pipelines.sources.base import IO, TOO_LARGE, UnreadableError

NOT_REGULAR: Final = "not a regular file"

_PIECE: Final = 1_000  # bytes of a path given to the system at once; a name has at most 765
_FILE: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PASSAGE: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC


def open_raw(location: bytes, flags: int) -> int:
    """A descriptor of the file at an absolute path of any length; the caller closes it."""
    if len(location) <= _PIECE:
        return os.open(location, flags)
    folder = os.open(b"/", _PASSAGE)
    at = 1
    try:
        while len(location) - at > _PIECE:
            cut = location.rindex(b"/", at, at + _PIECE)
            deeper = os.open(location[at:cut], _PASSAGE, dir_fd=folder)
            os.close(folder)
            folder, at = deeper, cut + 1
        return os.open(location[at:], flags, dir_fd=folder)
    finally:
        os.close(folder)


def open_folder(location: bytes) -> int:
    """A descriptor of the folder at an absolute path; links are followed only on the way."""
    return open_raw(location, _FOLDER | os.O_NOFOLLOW)


class File(Protocol):
    """Bytes at places of an open file."""

    def pread(self, size: int, at: int) -> bytes:
        """At most `size` bytes from `at` on; none at the end."""

    def preadinto(self, buffer: memoryview, at: int) -> int:
        """Fill a buffer from `at` on, or as much as there is; how many."""

    def close(self) -> None:
        """Let it go."""


class Opened(NamedTuple):
    """An open file, and what it was when it was opened."""

    file: File
    size: int
    stamp: str


class LocalFile:
    """An open file of this machine."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def pread(self, size: int, at: int) -> bytes:
        """As the system call."""
        return os.pread(self.descriptor, size, at)

    def preadinto(self, buffer: memoryview, at: int) -> int:
        """As `preadv` with one buffer."""
        return os.preadv(self.descriptor, [buffer], at)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.descriptor)


def open_local(location: bytes) -> Opened:
    """Open a regular file of this machine; the caller closes it.

    Raises:
        UnreadableError: there is no such file, it may not be read, or it is not regular.
    """
    descriptor, status = _open_local(location)
    return Opened(LocalFile(descriptor), status.st_size, str(status.st_mtime_ns))


def _open_local(location: bytes) -> tuple[int, os.stat_result]:
    try:
        descriptor = open_raw(location, _FILE)
    except OSError as error:
        raise unreadable(error) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise UnreadableError(IO, NOT_REGULAR)
    return descriptor, status


class Stream(io.RawIOBase):
    """An open file as Python's own, which others read and seek in; closes it."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self._file, self._size, self._at = opened.file, opened.size, 0

    def readable(self) -> bool:
        """Arrow asks before it reads."""
        return True

    def seekable(self) -> bool:
        """Arrow asks before it seeks."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move on or back."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Fill a buffer."""
        count = self._file.preadinto(memoryview(buffer).cast("B"), self._at)
        self._at += count
        return count

    def close(self) -> None:
        """Close the file below."""
        if not self.closed:
            self._file.close()
        super().close()


def read_file(location: bytes, into: memoryview, listed: int) -> int:
    """Read a file to the end that it had when it was opened, and return its length in bytes.

    One that is as long as it was listed takes three calls of the system, since nothing else than a
    regular file ends just there; any other is opened anew and looked at.

    Args:
        location: absolute raw path.
        into: one byte longer than the largest record.
        listed: bytes that the file had when it was listed.

    Raises:
        UnreadableError: it cannot be read, or fills `into`.
    """
    if 0 < listed < len(into):
        try:
            descriptor = open_raw(location, _FILE)
        except OSError as error:
            raise unreadable(error) from error
        try:
            if os.readv(descriptor, (into[: listed + 1],)) == listed:
                return listed
        except OSError:  # no file, perhaps: it is looked at below
            pass
        finally:
            os.close(descriptor)
    return _read_changed(location, into)


def _read_changed(location: bytes, into: memoryview) -> int:
    descriptor, status = _open_local(location)
    try:
        if status.st_size >= len(into):
            raise too_large(status.st_size, len(into) - 1)
        length = 0
        while count := os.readv(descriptor, [into[length:]]):
            length += count
            if length == status.st_size:
                break  # as large as it was when it was opened: nobody needs to be asked again
            if length == len(into):  # it grew since it was opened
                raise too_large(length, length - 1)
    except OSError as error:
        raise unreadable(error) from error
    finally:
        os.close(descriptor)
    return length


def too_large(size: int, most: int) -> UnreadableError:
    """The error of a record of at least `size` bytes where `most` are allowed."""
    return UnreadableError(TOO_LARGE, f"{size:,} bytes or more, over the limit of {most:,}")


def unreadable(error: OSError) -> UnreadableError:
    """The error of a record that the system could not give."""
    return UnreadableError(IO, error.strerror or str(error))
