"""The output folder: names of parts, files that appear whole or not at all, digests, markers.

A file is written under a temporary name in `log/tmp` and renamed when it is complete, so a killed
process leaves nothing under a final name and nothing that the digest counts. Its size and SHA-256
are taken while it is written. A marker is the JSON summary of a task, written after the task's
files; a task is done when its marker stands and each file it lists stands with the size it lists.
Nothing is flushed to the disk's platters: a killed process loses nothing, a power cut may, and the
sizes in the markers and the digests in the manifest find that out.

`Folder` is a folder of this machine, or one that all machines mount; `remote_folder` is the same in
an object store, and `folders.open_folder` gives the one or the other.
"""

import contextlib
import errno
import fcntl
import hashlib
import io
import json
import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecorpus.foundation.errors import StorageError, UsageError
from codecorpus.pipelines.storage.locations import Location

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset

LOCK = "log/lock"
"""Held while a build runs."""

_TEMPORARY = "log/tmp"
"""Holds files that are being written."""


@dataclass(frozen=True)
class FileDigest:
    """Size in bytes and SHA-256 (hexadecimal) of a file."""

    size: int
    sha256: str


class _HashingFile(io.RawIOBase):
    """A file being written whose digest is taken on the way."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("xb", buffering=0)
        self._sha256 = hashlib.sha256()
        self._size = 0

    def writable(self) -> bool:
        """Arrow asks before it writes."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        """Write all of `data`: a raw file may take less at once."""
        view = memoryview(data).cast("B")
        self._sha256.update(view)
        written = 0
        while written < len(view):
            taken = self._file.write(view[written:])
            self._size += taken
            written += taken
        return written

    def tell(self) -> int:
        """Bytes written so far."""
        return self._size

    def close(self) -> None:
        """Close the file below.

        Raises:
            OSError: not all that was written arrived, though no write said so.
        """
        if self._file.closed:
            return
        with self._file:
            arrived = os.fstat(self._file.fileno()).st_size
        super().close()
        if arrived != self._size:
            raise OSError(errno.EIO, f"{self._size:,} bytes written, {arrived:,} arrived")

    def digest(self) -> FileDigest:
        return FileDigest(self._size, self._sha256.hexdigest())


class RefusedError(UsageError):
    """The output folder belongs to something else."""


class Folder:
    """The output folder of one build; paths in it are relative, with `/`."""

    root: Location

    def __init__(self, root: Location) -> None:
        self.root = root

    def path(self, relative: str) -> Path:
        """Where a file lies on this machine, for reading."""
        return Path(self.root, relative)

    def where(self, relative: str) -> str:
        """What messages call a file."""
        return str(self.path(relative))

    @contextlib.contextmanager
    def create(self, relative: str, digests: dict[str, FileDigest]) -> Iterator[io.RawIOBase]:
        """Open a file for writing; it appears when the block ends without an error.

        Args:
            relative: its final name; what stands there is replaced.
            digests: takes the file's digest under that name.

        Raises:
            StorageError: the file cannot be written; names the file and what to do.
        """
        temporary = self._temporary()
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            file = _HashingFile(temporary)
        except OSError as error:
            raise _storage_error(self.where(relative), error) from error
        try:
            with file:
                yield file
            self._publish(temporary, relative)
        except OSError as error:
            raise _storage_error(self.where(relative), error) from error
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        digests[relative] = file.digest()

    def _temporary(self) -> Path:
        """A new name for a file that is being written."""
        return self.path(_TEMPORARY) / uuid.uuid4().hex

    def _publish(self, temporary: Path, relative: str) -> None:
        """Let a file that is complete appear under its final name."""
        final = self.path(relative)
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(final)

    def write_bytes(self, relative: str, data: bytes, digests: dict[str, FileDigest]) -> None:
        """Write a small file at once."""
        with self.create(relative, digests) as file:
            file.write(data)

    def write_json(self, relative: str, value: Any) -> FileDigest:  # noqa: ANN401
        """Write JSON with sorted keys, one member a line, so that differences can be read."""
        digests: dict[str, FileDigest] = {}
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
        self.write_bytes(relative, (text + "\n").encode(), digests)
        return digests[relative]

    def read_json(self, relative: str) -> Any:  # noqa: ANN401
        """Read a JSON file.

        Raises:
            StorageError: it does not stand or is not JSON.
        """
        try:
            return json.loads(self.read_bytes(relative))
        except (OSError, ValueError) as error:
            raise _storage_error(self.where(relative), error) from error

    def read_bytes(self, relative: str) -> bytes:
        """Read a small file.

        Raises:
            OSError: it does not stand.
        """
        return self.path(relative).read_bytes()

    def exists(self, relative: str) -> bool:
        """Whether a file or folder stands under that name."""
        return self.path(relative).exists()

    def holds(self, relative: str, size: int) -> bool:
        """Whether a file of that many bytes stands under that name."""
        try:
            return self.path(relative).stat().st_size == size
        except OSError:
            return False

    def names(self, relative: str = "") -> list[str]:
        """What stands directly in a folder, sorted; nothing if there is no such folder.

        Raises:
            NotADirectoryError: it is a file.
        """
        try:
            return sorted(path.name for path in self.path(relative).iterdir())
        except FileNotFoundError:
            return []

    def stamp(self, relative: str) -> str:
        """Changes when a file does.

        Raises:
            OSError: it does not stand.
        """
        status = self.path(relative).stat()
        return f"{status.st_ino} {status.st_mtime_ns}"

    def remove(self, relative: str) -> None:
        """Remove a file or folder, as far as that is possible."""
        path = self.path(relative)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def note(self, relative: str, line: str) -> None:
        """Append a line to a file of traces, if that is possible."""
        with contextlib.suppress(OSError), self.path(relative).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def spool(self) -> Path:
        """A folder of this machine for what is written and read again within a task."""
        return self.path(_TEMPORARY)

    def forget_copies(self) -> None:
        """Remove what this machine holds besides the folder: nothing."""

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other builds out while the block runs; the lock goes with the process.

        Raises:
            RefusedError: another build holds it.
        """
        path = self.path(LOCK)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise RefusedError(
                    f"another build is running in {self.root}; wait for it, or give another --out"
                ) from error
            yield

    def write_marker(
        self, relative: str, summary: dict[str, Any], digests: dict[str, FileDigest]
    ) -> None:
        """Write a task's summary after its files."""
        files = {name: [digest.size, digest.sha256] for name, digest in digests.items()}
        self.write_json(relative, {**summary, "files": files})

    def read_marker(self, relative: str) -> dict[str, Any] | None:
        """A task's summary, or None if it is not done: no marker, or not all of its files."""
        try:
            marker: dict[str, Any] = json.loads(self.read_bytes(relative))
            if not all(self.holds(name, size) for name, (size, _) in marker["files"].items()):
                return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return marker

    def damaged(self, relative: str) -> Iterator[str]:
        """What is wrong with the files that markers below a folder list, a line a file."""
        stages = [f"{relative}/{name}" for name in self.names(relative)]
        for marker in (f"{stage}/{name}" for stage in stages for name in self.names(stage)):
            if not marker.endswith(".json"):
                continue
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                for name, (size, _) in json.loads(self.read_bytes(marker))["files"].items():
                    if not self.holds(name, size):
                        yield (
                            f"{self.where(name)}: gone, or not the {size:,} bytes that were "
                            "written; run the same command again to make it anew"
                        )

    def files(self, *, exclude: Collection[str] = ()) -> list[str]:
        """The names of all files, in bytewise order.

        Args:
            exclude: top-level folders to leave out.
        """
        found = []
        for folder, folders, names in os.walk(self.root):
            inside = Path(folder).relative_to(self.root)
            if inside == Path():
                folders[:] = [name for name in folders if name not in exclude]
            found += [(inside / name).as_posix() for name in names]
        return sorted(found, key=os.fsencode)

    def digest_of(self, relative: str) -> FileDigest:
        """Read a file and take its digest."""
        try:
            with self.path(relative).open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                return FileDigest(file.tell(), sha256)
        except OSError as error:
            raise _storage_error(self.where(relative), error) from error

    def dataset(self, relative: str) -> "Dataset":
        """A folder of Parquet files as one table on disk."""
        from pyarrow import dataset  # which no task of a build needs

        return dataset.dataset(self.path(relative), format="parquet")


def _storage_error(path: str, error: Exception) -> StorageError:
    number = getattr(error, "errno", None)
    if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        advice = "free some space, then run the same command again: it goes on where it stopped"
    else:
        advice = "mend what the system names, then run the same command again"
    return StorageError(f"{path}: {error}; {advice}")
