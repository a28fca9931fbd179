"""An archive on its way from the network to its file: inflated and looked through as it comes.

Nothing is held but a window of a megabyte, and nothing is unpacked on disk. The bytes are kept as
they came; what they unpack to is only counted. An archive that is larger than allowed, by its own
size or by the sum of its files, is given up at the byte where that shows.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from codecorpus.pipelines.crawl.fetch_jobs import Stored
from codecorpus.pipelines.sources.archives.archive import most_bytes
from codecorpus.pipelines.sources.archives.decompression import CHUNK, Gzip
from codecorpus.pipelines.sources.archives.stream_buffer import Window
from codecorpus.pipelines.sources.archives.tar_fields import padded
from codecorpus.pipelines.sources.archives.tar_headers import (
    FOLDERS,
    LABEL,
    LINKS,
    SPECIAL,
    Header,
    next_header,
)
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError
from codecorpus.pipelines.sources.github import LFS_BYTES, LFS_POINTER
from codecorpus.pipelines.sources.io.filenames import escapes
from codecorpus.pipelines.sources.io.local import LocalFile

_GZIP: Final = b"\x1f\x8b"  # what gzip begins with (RFC 1952)
_HEAD: Final = 4_096  # bytes at the beginning that may name the commit
_MODULES: Final = b".gitmodules"
_MOST_MODULES: Final = 64 << 10
_NOT_FILES: Final = FOLDERS | LINKS | SPECIAL | {LABEL}
_COMMENT: Final = re.compile(rb"[0-9]+ comment=([0-9a-f]{40,64})\n")
"""The commit, in the header that `git archive` begins with (its manual page)."""


class TooLargeError(Exception):
    """The archive, or the sum of its files, is as large as allowed or larger."""


class _Arriving(Gzip):
    """A gzip stream that comes in pieces; each is written to a file as it is inflated."""

    def __init__(self, chunks: Iterator[bytes], into: BinaryIO | None, most: int) -> None:
        super().__init__(LocalFile(-1), most)  # which nobody reads
        self._chunks = chunks
        self._into = into
        self._most = most
        self._sha256 = hashlib.sha256()
        self._inflated = 0
        self.received = 0
        self.head = b""

    def chunk(self) -> bytes:
        """The next inflated bytes.

        Raises:
            TooLargeError: there are so many that it is a bomb. Damage may be mended by fetching
                again; this is not.
        """
        out = super().chunk()
        self._inflated += len(out)
        if self._inflated > most_bytes(self._most) - CHUNK:  # the next might be called damage
            raise TooLargeError
        if len(self.head) < _HEAD:
            self.head += out[: _HEAD - len(self.head)]
        return out

    def digest(self) -> str:
        """SHA-256 of what came, hexadecimal."""
        return self._sha256.hexdigest()

    def _more(self) -> bytes:
        data = next(self._chunks, b"")
        if self.received == 0 and not _GZIP.startswith(data[: len(_GZIP)]):
            raise DamagedError(ARCHIVE, f"no gzip came, but {data[:40]!r}")
        self.received += len(data)
        if self.received >= self._most:
            raise TooLargeError
        self._sha256.update(data)
        if self._into is not None:
            self._into.write(data)
        return data


def receive(
    chunks: Iterable[bytes], into: BinaryIO | None, *, name: str, commit: str, most: int
) -> Stored:
    """Take in an archive to its end.

    Args:
        chunks: its bytes.
        into: where they are written; None: they are only looked through.
        name: under which the archive will lie.
        commit: that it must be of, if it says of which it is.
        most: it and the sum of its files must be smaller, in bytes.

    Raises:
        TooLargeError: they are not.
        DamagedError: it is no whole archive as GitHub makes them, or of another commit.
    """
    stream = _Arriving(iter(chunks), into, most)
    window = Window(stream)
    found = _Contents()
    while (header := next_header(window)) is not None:
        left = padded(header.stored) - found.look(header, window)
        if found.unpacked_bytes >= most:
            raise TooLargeError
        window.skip(left)
    window.drain()
    comment = _COMMENT.search(stream.head)
    if comment is not None and comment[1] != commit.encode():
        raise DamagedError(ARCHIVE, f"it is of the commit {comment[1].decode()}")
    return Stored(
        archive=name,
        archive_bytes=stream.received,
        sha256=stream.digest(),
        unpacked_bytes=found.unpacked_bytes,
        files=found.files,
        lfs_pointers=found.lfs_pointers,
        submodules=found.submodules,
    )


class _Contents:
    """What was seen of an archive's members."""

    def __init__(self) -> None:
        self.unpacked_bytes = self.files = self.lfs_pointers = self.submodules = 0
        self._top: bytes | None = None

    def look(self, header: Header, window: Window) -> int:
        """Count a member in; how many bytes of its data were taken from the window.

        Raises:
            DamagedError: it lies beside the one folder that GitHub puts all into.
        """
        if not escapes(header.name):
            top = header.name.partition(b"/")[0]
            self._top = self._top or top
            if top != self._top:
                raise DamagedError(ARCHIVE, "it has several folders at the top; GitHub's have one")
        if header.kind in _NOT_FILES:
            return 0
        self.files += 1
        self.unpacked_bytes += header.size
        modules = header.name.endswith(b"/" + _MODULES) and header.name.count(b"/") == 1
        if header.stored >= (_MOST_MODULES if modules else LFS_BYTES):
            return 0
        data = bytes(window.take(header.stored))
        self.lfs_pointers += data.startswith(LFS_POINTER)
        self.submodules += data.count(b"[submodule ") if modules else 0
        return len(data)
