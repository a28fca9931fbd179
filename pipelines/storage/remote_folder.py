"""An output folder in an object store or in HDFS.

A file is written on this machine's disk, its digest computed on the way, and uploaded under its
final name when it is complete, so an object is never partial. Markers are written after the files
that they list, as on a local disk. Readers that map a file or seek in it get a copy on this
machine's disk, which is fetched once per machine; files that this machine wrote are not fetched.
Finished files do not change, so each process checks a marker's files only once.
"""

import contextlib
import errno
import hashlib
import os
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, Final, cast

import pyarrow.dataset as ds

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.storage import local_cache, settings
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.errors import RemoteError
from codecorpus.pipelines.storage.folder import LOCK, Folder
from codecorpus.pipelines.storage.lease import hold_lock
from codecorpus.pipelines.storage.locations import FileInfo, Url
from codecorpus.pipelines.storage.stores import store_of
from codecorpus.pipelines.storage.stores.base import WritableStore

_BLOCK: Final = 32 << 20  # bytes fetched at once to compute a digest


class RemoteFolder(Folder):
    """The output folder of one build under a URL."""

    root: Url

    def __init__(self, root: Url) -> None:
        super().__init__(root)
        self._store = cast("WritableStore", store_of(root.text))
        self._group = local_cache.group_of(root.text)
        self._copies: dict[str, Path] = {}
        self._markers: dict[str, dict[str, Any]] = {}

    def path(self, relative: str) -> Path:
        """The path of a copy on this machine's disk, for reading.

        Raises:
            FileNotFoundError: there is no such file.
            StorageError: there is no room for a copy.
        """
        copy = self._copies.get(relative)
        if copy is None or not local_cache.mark_used(copy):
            copy = self._copies[relative] = self._fetch(relative)
        return copy

    def where(self, relative: str) -> str:
        """The file's URL."""
        return f"{self.root}/{relative}"

    def exists(self, relative: str) -> bool:
        """Whether there is a file or folder of that name."""
        return self._store.info(self.where(relative)) is not None

    def holds(self, relative: str, size: int) -> bool:
        """Whether there is a file of that name with that many bytes."""
        info = self._store.info(self.where(relative))
        return info is not None and info.size == size

    def names(self, relative: str = "") -> list[str]:
        """The names of a folder's files and folders, sorted; empty if there is no such folder."""
        return sorted(
            entry.name for entry in self._store.list_folder(self.where(relative).rstrip("/"))
        )

    def stamp(self, relative: str) -> str:
        """A text that changes when the file does."""
        return self._info(relative).stamp

    def read_bytes(self, relative: str) -> bytes:
        """Read a small file, without a copy."""
        info = self._info(relative)
        return self._store.read(info.url, 0, info.size)

    def read_marker(self, relative: str) -> dict[str, Any] | None:
        """A task's summary; the marker and files of a finished task are checked only once."""
        if relative not in self._markers:
            marker = super().read_marker(relative)
            if marker is None:
                return None
            self._markers[relative] = marker
        return self._markers[relative]

    def files(self, *, exclude: Collection[str] = ()) -> list[str]:
        """The names of all files, in bytewise order; see `Folder.files`."""
        start = len(self.where(""))
        names = (file.url[start:] for file in self._store.find_files(self.root.text))
        counted = (name for name in names if name.split("/")[0] not in exclude)
        return sorted(counted, key=os.fsencode)

    def digest_of(self, relative: str) -> FileDigest:
        """Read a file block by block and compute its digest."""
        info = self._info(relative)
        digest = hashlib.sha256()
        for begin in range(0, info.size, _BLOCK):
            digest.update(self._store.read(info.url, begin, min(begin + _BLOCK, info.size)))
        return FileDigest(info.size, digest.hexdigest())

    def dataset(self, relative: str) -> ds.Dataset:
        """A folder of Parquet files as one table, read by ranges."""
        filesystem, path = self._store.arrow_filesystem(self.where(relative))
        return ds.dataset(path, filesystem=filesystem, format="parquet")

    def append_line(self, relative: str, line: str) -> None:
        """Do nothing: objects cannot be appended to."""

    def scratch_folder(self) -> Path:
        """A local folder for files that are written and read again within a task."""
        return local_cache.group_folder(self._group)

    def remove(self, relative: str) -> None:
        """Remove a file or folder, and what this process remembers about it."""
        self._store.remove(self.where(relative))
        for remembered in (self._copies, self._markers):
            for name in [name for name in remembered if f"{name}/".startswith(f"{relative}/")]:
                del remembered[name]

    def remove_copies(self) -> None:
        """Remove this machine's copies of the folder's files."""
        self._copies = {}
        local_cache.remove(self._group)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other builds out while the block runs, by an object that is renewed; see `lease`."""
        with hold_lock(self._store, self.where(LOCK), self.root.text):
            yield

    def _temporary(self) -> Path:
        return local_cache.temporary_file(self.scratch_folder())

    def _publish(self, temporary: Path, relative: str) -> None:
        try:
            info = self._store.upload(temporary, self.where(relative))
        except RemoteError as error:
            raise StorageError(str(error)) from error
        self._copies[relative] = local_cache.adopt(temporary, info, self._group)

    def _info(self, relative: str) -> FileInfo:
        info = self._store.info(self.where(relative))
        if info is None or info.is_folder:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.where(relative))
        return info

    def _fetch(self, relative: str) -> Path:
        info = self._info(relative)
        copy = local_cache.copy_of(info, self._group)
        if copy is None:
            raise StorageError(
                f"{info.url}: no room for a copy of {info.size:,} bytes in "
                f"{local_cache.folder()}; free some space, or set {settings.SCRATCH} to a folder "
                "on a larger disk, then run the same command again"
            )
        return copy
