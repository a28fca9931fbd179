"""Opens and reads local files by raw paths of any length, without blocking.

A path longer than PATH_MAX (4,096 bytes on Linux, 1,024 on macOS) is opened in steps, each relative
to the folder of the previous one. The last component is not followed if it is a symbolic link. A
file is opened without blocking and checked after it is open, so a fifo that replaced it since it
was listed does no harm.
"""

import io
import os
import stat
from typing import Any, Final, NamedTuple, Protocol

from codecorpus.pipelines.sources.base import IO, TOO_LARGE, UnreadableError

NOT_REGULAR: Final = "not a regular file"

_STEP: Final = 1_000  # bytes of a path that are opened at a time; a name has at most 765
_FILE: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_PARENT: Final = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC


def open_raw(location: bytes, flags: int) -> int:
    """Open an absolute path of any length; return a descriptor, which the caller closes."""
    if len(location) <= _STEP:
        return os.open(location, flags)
    folder = os.open(b"/", _PARENT)
    at = 1
    try:
        while len(location) - at > _STEP:
            end = location.rindex(b"/", at, at + _STEP)
            child = os.open(location[at:end], _PARENT, dir_fd=folder)
            os.close(folder)
            folder, at = child, end + 1
        return os.open(location[at:], flags, dir_fd=folder)
    finally:
        os.close(folder)


def open_folder(location: bytes) -> int:
    """Open a folder; symbolic links are followed except for the last component."""
    return open_raw(location, _FOLDER | os.O_NOFOLLOW)


class File(Protocol):
    """An open file that is read at offsets."""

    def pread(self, size: int, at: int) -> bytes:
        """Up to `size` bytes at offset `at`; empty at the end of the file."""

    def preadinto(self, buffer: memoryview, at: int) -> int:
        """Read bytes at offset `at` into a buffer; return how many."""

    def close(self) -> None:
        """Release the file."""


class Opened(NamedTuple):
    """An open file, with its size and stamp when it was opened."""

    file: File
    size: int
    stamp: str


class LocalFile:
    """An open local file."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def pread(self, size: int, at: int) -> bytes:
        """See `File.pread`."""
        return os.pread(self.descriptor, size, at)

    def preadinto(self, buffer: memoryview, at: int) -> int:
        """See `File.preadinto`."""
        return os.preadv(self.descriptor, [buffer], at)

    def close(self) -> None:
        """Close the descriptor."""
        os.close(self.descriptor)


def open_local(location: bytes) -> Opened:
    """Open a regular local file; the caller closes it.

    Raises:
        UnreadableError: the file does not exist, cannot be read, or is not regular.
    """
    descriptor, status = _open_local(location)
    return Opened(LocalFile(descriptor), status.st_size, str(status.st_mtime_ns))


def _open_local(location: bytes) -> tuple[int, os.stat_result]:
    try:
        descriptor = open_raw(location, _FILE)
    except OSError as error:
        raise unreadable_error(error) from error
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise UnreadableError(IO, NOT_REGULAR)
    return descriptor, status


class Stream(io.RawIOBase):
    """An open file as a seekable Python stream, for libraries; closing it closes the file."""

    def __init__(self, opened: Opened) -> None:
        super().__init__()
        self._file, self._size, self._at = opened.file, opened.size, 0

    def readable(self) -> bool:
        """True; Arrow asks before it reads."""
        return True

    def seekable(self) -> bool:
        """True; Arrow asks before it seeks."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Set the position; return it."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        """The position."""
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Read bytes into a buffer; return how many."""
        count = self._file.preadinto(memoryview(buffer).cast("B"), self._at)
        self._at += count
        return count

    def close(self) -> None:
        """Close the underlying file."""
        if not self.closed:
            self._file.close()
        super().close()


def read_file(location: bytes, buffer: memoryview, listed_size: int) -> int:
    """Read a file up to the size it had when it was opened; return its length in bytes.

    A file of the listed size takes three system calls: a read that asks for one byte more and
    returns exactly the listed size can only come from a regular file. Any other file is opened
    again and checked.

    Args:
        location: absolute raw path.
        buffer: one byte longer than the largest record.
        listed_size: size of the file in bytes when it was listed.

    Raises:
        UnreadableError: the file cannot be read, or fills the buffer.
    """
    if 0 < listed_size < len(buffer):
        try:
            descriptor = open_raw(location, _FILE)
        except OSError as error:
            raise unreadable_error(error) from error
        try:
            if os.readv(descriptor, (buffer[: listed_size + 1],)) == listed_size:
                return listed_size
        except OSError:  # perhaps not a regular file, which is checked below
            pass
        finally:
            os.close(descriptor)
    return _read_changed(location, buffer)


def _read_changed(location: bytes, buffer: memoryview) -> int:
    descriptor, status = _open_local(location)
    try:
        if status.st_size >= len(buffer):
            raise too_large_error(status.st_size, len(buffer) - 1)
        length = 0
        while count := os.readv(descriptor, [buffer[length:]]):
            length += count
            if length == status.st_size:
                break  # the size when it was opened; saves a read that returns nothing
            if length == len(buffer):  # it grew since it was opened
                raise too_large_error(length, length - 1)
    except OSError as error:
        raise unreadable_error(error) from error
    finally:
        os.close(descriptor)
    return length


def too_large_error(size: int, limit: int) -> UnreadableError:
    """The error of a record of at least `size` bytes, over the limit in bytes."""
    return UnreadableError(TOO_LARGE, f"{size:,} bytes or more, over the limit of {limit:,}")


def unreadable_error(error: OSError) -> UnreadableError:
    """The error of a record that the operating system could not read."""
    return UnreadableError(IO, error.strerror or str(error))
