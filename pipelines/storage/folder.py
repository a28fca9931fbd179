"""The output folder: atomic writes, digests, and the markers of finished tasks.

A file is written under a temporary name in `log/tmp` and renamed when it is complete, so a killed
process leaves nothing under a final name and nothing that the digest counts. Its size and SHA-256
are computed while it is written. A marker is the JSON summary of a task, written after the task's
files; a task is done when its marker exists and every file it lists has the size it lists.
Nothing is synced to the disk: a killed process loses nothing; a power failure may lose data, which
the sizes in the markers and the digests in the manifest reveal.

`Folder` is on this machine's disk, or on one that all machines mount; `remote_folder.RemoteFolder`
is in a store.
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.storage.digests import FileDigest, HashingFile
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.locations import Location

if TYPE_CHECKING:
    from pyarrow.dataset import Dataset

LOCK = "log/lock"
"""Held while a build runs."""

TEMPORARY = "log/tmp"
"""Contains files that are being written."""


class Folder:
    """The output folder of one build; paths in it are relative, with `/`."""

    root: Location

    def __init__(self, root: Location) -> None:
        self.root = root

    def path(self, relative: str) -> Path:
        """The path of a file on this machine, for reading."""
        return Path(self.root, relative)

    def where(self, relative: str) -> str:
        """The path or URL of a file, for messages."""
        return str(self.path(relative))

    @contextlib.contextmanager
    def create(self, relative: str, digests: dict[str, FileDigest]) -> Iterator[io.RawIOBase]:
        """Open a file for writing; it appears when the block ends without an error.

        Args:
            relative: its final name; an existing file is replaced.
            digests: receives the file's digest, under that name.

        Raises:
            StorageError: the file cannot be written; names the file and what to do.
        """
        temporary = self._temporary()
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            file = HashingFile(temporary)
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
        return self.path(TEMPORARY) / uuid.uuid4().hex

    def _publish(self, temporary: Path, relative: str) -> None:
        """Move a complete file to its final name."""
        final = self.path(relative)
        final.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(final)

    def write_bytes(self, relative: str, data: bytes, digests: dict[str, FileDigest]) -> None:
        """Write a small file."""
        with self.create(relative, digests) as file:
            file.write(data)

    def write_json(self, relative: str, value: Any) -> FileDigest:  # noqa: ANN401
        """Write JSON with sorted keys, one member per line, so that diffs are readable."""
        digests: dict[str, FileDigest] = {}
        text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False)
        self.write_bytes(relative, (text + "\n").encode(), digests)
        return digests[relative]

    def read_json(self, relative: str) -> Any:  # noqa: ANN401
        """Read a JSON file.

        Raises:
            StorageError: it does not exist or is not JSON.
        """
        try:
            return json.loads(self.read_bytes(relative))
        except (OSError, ValueError) as error:
            raise _storage_error(self.where(relative), error) from error

    def read_bytes(self, relative: str) -> bytes:
        """Read a small file.

        Raises:
            OSError: it does not exist.
        """
        return self.path(relative).read_bytes()

    def exists(self, relative: str) -> bool:
        """Whether there is a file or folder of that name."""
        return self.path(relative).exists()

    def holds(self, relative: str, size: int) -> bool:
        """Whether there is a file of that name with that many bytes."""
        try:
            return self.path(relative).stat().st_size == size
        except OSError:
            return False

    def names(self, relative: str = "") -> list[str]:
        """The names of a folder's files and folders, sorted; empty if there is no such folder.

        Raises:
            NotADirectoryError: it is a file.
        """
        try:
            return sorted(path.name for path in self.path(relative).iterdir())
        except FileNotFoundError:
            return []

    def stamp(self, relative: str) -> str:
        """A text that changes when the file does.

        Raises:
            OSError: it does not exist.
        """
        status = self.path(relative).stat()
        return f"{status.st_ino} {status.st_mtime_ns}"

    def remove(self, relative: str) -> None:
        """Remove a file or folder; errors are ignored."""
        path = self.path(relative)
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)

    def append_line(self, relative: str, line: str) -> None:
        """Append a line to a log file; errors are ignored."""
        with contextlib.suppress(OSError), self.path(relative).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def scratch_folder(self) -> Path:
        """A local folder for files that are written and read again within a task."""
        return self.path(TEMPORARY)

    def remove_copies(self) -> None:
        """Remove this machine's copies of the folder's files; a local folder has no copies."""

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Keep other builds out while the block runs; the lock is released if the process dies.

        Raises:
            OutputConflictError: another build holds it.
        """
        path = self.path(LOCK)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise OutputConflictError(
                    f"another build is running in {self.root}; wait for it, or choose another --out"
                ) from error
            yield

    def write_marker(
        self, relative: str, summary: dict[str, Any], digests: dict[str, FileDigest]
    ) -> None:
        """Write a task's summary; to be called after its files are complete."""
        files = {name: [digest.size, digest.sha256] for name, digest in digests.items()}
        self.write_json(relative, {**summary, "files": files})

    def read_marker(self, relative: str) -> dict[str, Any] | None:
        """A task's summary; None if the marker or any file that it lists is missing or damaged."""
        try:
            marker: dict[str, Any] = json.loads(self.read_bytes(relative))
            if not all(self.holds(name, size) for name, (size, _) in marker["files"].items()):
                return None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return marker

    def find_damage(self, relative: str) -> Iterator[str]:
        """Check the files listed by the markers below a folder; one message per damaged file."""
        stages = [f"{relative}/{name}" for name in self.names(relative)]
        for marker in (f"{stage}/{name}" for stage in stages for name in self.names(stage)):
            if not marker.endswith(".json"):
                continue
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
                for name, (size, _) in json.loads(self.read_bytes(marker))["files"].items():
                    if not self.holds(name, size):
                        yield (
                            f"{self.where(name)}: missing, or no longer the {size:,} bytes that "
                            "were written; run the same command again to recreate it"
                        )

    def files(self, *, exclude: Collection[str] = ()) -> list[str]:
        """The names of all files, in bytewise order.

        Args:
            exclude: top-level folders to leave out.
        """
        files = []
        for folder, folders, names in os.walk(self.root):
            inside = Path(folder).relative_to(self.root)
            if inside == Path():
                folders[:] = [name for name in folders if name not in exclude]
            files += [(inside / name).as_posix() for name in names]
        return sorted(files, key=os.fsencode)

    def digest_of(self, relative: str) -> FileDigest:
        """Read a file and compute its digest."""
        try:
            with self.path(relative).open("rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
                return FileDigest(file.tell(), sha256)
        except OSError as error:
            raise _storage_error(self.where(relative), error) from error

    def dataset(self, relative: str) -> "Dataset":
        """A folder of Parquet files as one table, read on demand."""
        from pyarrow import dataset  # slow to import, and not needed by builds

        return dataset.dataset(self.path(relative), format="parquet")


def _storage_error(path: str, error: Exception) -> StorageError:
    number = getattr(error, "errno", None)
    if number in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        advice = "free some space, then run the same command again to resume"
    else:
        advice = "fix this, then run the same command again"
    return StorageError(f"{path}: {error}; {advice}")
