"""An output folder in an object store or in HDFS.

A file is written on this machine's disk, its digest taken on the way, and stored under its final
name when it is complete: an object appears whole or not at all. Markers follow the files that they
list, as on a local disk. Whoever maps a file or reads it here and there gets a copy on the disk,
fetched once a machine; what this machine has written it need not fetch. A file of a build that
stands does not change, so each process looks only once whether it is there.
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
from codecorpus.pipelines.storage.folder import LOCK, FileDigest, Folder
from codecorpus.pipelines.storage.lease import hold
from codecorpus.pipelines.storage.locations import FileInfo, Url
from codecorpus.pipelines.storage.retry import RemoteError
from codecorpus.pipelines.storage.stores import store_of
from codecorpus.pipelines.storage.stores.base import WritableStore

_BLOCK: Final = 32 << 20  # bytes fetched at once to take a digest


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
        """A copy on this machine's disk, for reading.

        Raises:
            FileNotFoundError: there is no such file.
            StorageError: there is no room for a copy.
        """
        known = self._copies.get(relative)
        if known is None or not local_cache.touch(known):
            known = self._copies[relative] = self._fetch(relative)
        return known

    def where(self, relative: str) -> str:
        """The file's URL."""
        return f"{self.root}/{relative}"

    def exists(self, relative: str) -> bool:
        """Whether a file or folder stands under that name."""
        return self._store.look(self.where(relative)) is not None

    def holds(self, relative: str, size: int) -> bool:
        """Whether a file of that many bytes stands under that name."""
        found = self._store.look(self.where(relative))
        return found is not None and found.size == size

    def names(self, relative: str = "") -> list[str]:
        """What stands directly in a folder, sorted."""
        url = self.where(relative).rstrip("/")
        return sorted(found.url.rpartition("/")[2] for found in self._store.children(url))

    def stamp(self, relative: str) -> str:
        """Changes when a file does."""
        return self._look(relative).stamp

    def read_bytes(self, relative: str) -> bytes:
        """A small file, past the copies."""
        found = self._look(relative)
        return self._store.read(found.url, 0, found.size)

    def read_marker(self, relative: str) -> dict[str, Any] | None:
        """A task's summary; what is done stays done, so it is looked for once."""
        if relative not in self._markers:
            marker = super().read_marker(relative)
            if marker is None:
                return None
            self._markers[relative] = marker
        return self._markers[relative]

    def files(self, *, exclude: Collection[str] = ()) -> list[str]:
        """The names of all files, in bytewise order; see `Folder.files`."""
        start = len(self.where(""))
        names = (found.url[start:] for found in self._store.below(self.root.text))
        counted = (name for name in names if name.split("/")[0] not in exclude)
        return sorted(counted, key=os.fsencode)

    def digest_of(self, relative: str) -> FileDigest:
        """Read a file range by range and take its digest."""
        found = self._look(relative)
        digest = hashlib.sha256()
        for begin in range(0, found.size, _BLOCK):
            end = min(begin + _BLOCK, found.size)
            digest.update(self._store.read(found.url, begin, end))
        return FileDigest(found.size, digest.hexdigest())

    def dataset(self, relative: str) -> ds.Dataset:
        """A folder of Parquet files as one table, read in ranges."""
        system, path = self._store.for_arrow(self.where(relative))
        return ds.dataset(path, filesystem=system, format="parquet")

    def note(self, relative: str, line: str) -> None:
        """Nothing: objects cannot be appended to."""

    def spool(self) -> Path:
        """A folder of this machine for what is written and read again within a task."""
        return local_cache.unfinished(self._group).parent

    def remove(self, relative: str) -> None:
        """Remove a file or folder, and forget what was known of it."""
        self._store.remove(self.where(relative))
        for known in (self._copies, self._markers):
            for name in [name for name in known if f"{name}/".startswith(f"{relative}/")]:
                del known[name]

    def forget_copies(self) -> None:
        """Remove this machine's copies."""
        self._copies = {}
        local_cache.remove(self._group)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other builds out: an object that is renewed while the block runs."""
        with hold(self._store, self.where(LOCK), self.root.text):
            yield

    def _temporary(self) -> Path:
        return local_cache.unfinished(self._group)

    def _publish(self, temporary: Path, relative: str) -> None:
        try:
            found = self._store.put(temporary, self.where(relative))
        except RemoteError as error:
            raise StorageError(str(error)) from error
        self._copies[relative] = local_cache.adopt(temporary, found, self._group)

    def _look(self, relative: str) -> FileInfo:
        found = self._store.look(self.where(relative))
        if found is None or found.is_folder:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), self.where(relative))
        return found

    def _fetch(self, relative: str) -> Path:
        found = self._look(relative)
        copy = local_cache.copy_of(found, self._group)
        if copy is None:
            raise StorageError(
                f"{found.url}: no room for a copy of {found.size:,} bytes in "
                f"{local_cache.folder()}; free some, or set {settings.SCRATCH} to a folder on "
                "a larger disk, then run the same command again"
            )
        return copy
