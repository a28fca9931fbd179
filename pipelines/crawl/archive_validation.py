"""Validates an archive while it is downloaded: decompresses it and reads its members.

At most a megabyte is held in memory, and nothing is unpacked to disk. The file contains the bytes
as they were received; their contents are only counted. An archive that is too large, compressed or
as the sum of its files, is abandoned at the first byte that shows it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from codecorpus.foundation.errors import InputError
from codecorpus.pipelines.crawl.fetch_jobs import StoredArchive
from codecorpus.pipelines.sources.archives.archive import max_expansion
from codecorpus.pipelines.sources.archives.decompression import CHUNK, Gzip
from codecorpus.pipelines.sources.archives.stream_buffer import StreamBuffer
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
from codecorpus.pipelines.sources.io.filenames import leaves_folder
from codecorpus.pipelines.sources.io.local import LocalFile

_GZIP: Final = b"\x1f\x8b"  # the first bytes of a gzip file (RFC 1952)
_HEAD_BYTES: Final = 4_096  # bytes at the beginning that may name the commit
_MODULES: Final = b".gitmodules"
_MAX_MODULES_BYTES: Final = 64 << 10
_NOT_FILES: Final = FOLDERS | LINKS | SPECIAL | {LABEL}
_COMMENT: Final = re.compile(rb"[0-9]+ comment=([0-9a-f]{40,64})\n")
"""The commit, in the header with which `git archive` begins (see its manual page)."""


class ArchiveTooLargeError(InputError):
    """The archive, or the sum of its files, is not smaller than allowed."""


class _GzipDownload(Gzip):
    """A gzip stream that arrives in chunks; each is copied to a file before it is decompressed."""

    def __init__(self, chunks: Iterator[bytes], copy_to: BinaryIO | None, max_bytes: int) -> None:
        super().__init__(LocalFile(-1), max_bytes)  # the file is never read: see `_more`
        self._chunks = chunks
        self._copy_to = copy_to
        self._max_bytes = max_bytes
        self._sha256 = hashlib.sha256()
        self._decompressed = 0
        self.received = 0
        self.head = b""

    def chunk(self) -> bytes:
        """The next decompressed bytes.

        Raises:
            ArchiveTooLargeError: the archive is a decompression bomb. This is not a `DamagedError`,
                because downloading it again would not help.
        """
        out = super().chunk()
        self._decompressed += len(out)
        # Raise one chunk early: at the limit itself, Gzip would raise a DamagedError.
        if self._decompressed > max_expansion(self._max_bytes) - CHUNK:
            raise ArchiveTooLargeError(f"decompresses to more than {self._decompressed:,} bytes")
        if len(self.head) < _HEAD_BYTES:
            self.head += out[: _HEAD_BYTES - len(self.head)]
        return out

    def digest(self) -> str:
        """SHA-256 of the received bytes, hexadecimal."""
        return self._sha256.hexdigest()

    def _more(self) -> bytes:
        data = next(self._chunks, b"")
        if self.received == 0 and not _GZIP.startswith(data[: len(_GZIP)]):
            raise DamagedError(ARCHIVE, f"expected gzip, got {data[:40]!r}")
        self.received += len(data)
        if self.received >= self._max_bytes:
            raise ArchiveTooLargeError(f"has {self._max_bytes:,} bytes or more")
        self._sha256.update(data)
        if self._copy_to is not None:
            self._copy_to.write(data)
        return data


def validate_archive(
    chunks: Iterable[bytes], copy_to: BinaryIO | None, *, name: str, commit: str, max_bytes: int
) -> StoredArchive:
    """Read an archive to its end and check that it is complete.

    Args:
        chunks: its bytes.
        copy_to: receives a copy of the bytes; None: no copy.
        name: of the archive in the result.
        commit: the commit that it must contain, if it names one.
        max_bytes: the archive and the sum of its files must be smaller.

    Raises:
        ArchiveTooLargeError: they are not.
        DamagedError: it is not a complete archive as GitHub makes them, or is of another commit.
    """
    stream = _GzipDownload(iter(chunks), copy_to, max_bytes)
    buffer = StreamBuffer(stream)
    contents = _Contents()
    while (header := next_header(buffer)) is not None:
        left = padded(header.size) - contents.add(header, buffer)
        if contents.unpacked_bytes >= max_bytes:
            raise ArchiveTooLargeError(f"its files have {max_bytes:,} bytes or more")
        buffer.skip(left)
    buffer.drain()
    comment = _COMMENT.search(stream.head)
    if comment is not None and comment[1] != commit.encode():
        raise DamagedError(ARCHIVE, f"expected commit {commit}, got {comment[1].decode()}")
    return StoredArchive(
        archive=name,
        archive_bytes=stream.received,
        sha256=stream.digest(),
        unpacked_bytes=contents.unpacked_bytes,
        files=contents.files,
        lfs_pointers=contents.lfs_pointers,
        submodules=contents.submodules,
    )


class _Contents:
    """Counts of an archive's members."""

    def __init__(self) -> None:
        self.unpacked_bytes = self.files = self.lfs_pointers = self.submodules = 0
        self._top: bytes | None = None

    def add(self, header: Header, buffer: StreamBuffer) -> int:
        """Count a member; returns how many bytes of its data were taken from the buffer.

        Raises:
            DamagedError: it is outside the one top-level folder of GitHub's archives.
        """
        if not leaves_folder(header.name):
            top = header.name.partition(b"/")[0]
            self._top = self._top or top
            if top != self._top:
                raise DamagedError(ARCHIVE, "expected one top-level folder, got several")
        if header.kind in _NOT_FILES:
            return 0
        self.files += 1
        self.unpacked_bytes += header.size
        modules = header.name.endswith(b"/" + _MODULES) and header.name.count(b"/") == 1
        if header.size >= (_MAX_MODULES_BYTES if modules else LFS_BYTES):
            return 0
        data = bytes(buffer.take(header.size))
        self.lfs_pointers += data.startswith(LFS_POINTER)
        self.submodules += data.count(b"[submodule ") if modules else 0
        return len(data)
