"""Finds the repositories in the listed paths, and names them."""

import errno
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.io.file_stat import absolute_location, file_status
from codecorpus.pipelines.sources.io.filenames import (
    ARCHIVE_SUFFIXES,
    ArchiveKind,
    archive_kind,
    decode_name,
)
from codecorpus.pipelines.sources.io.walk import Entry, join, scan, walk
from codecorpus.pipelines.storage.locations import Location, Url, is_remote

Repositories = Literal["auto", "children", "self"]
"""Which folders are repositories: the children of a listed folder, or the folder itself; `auto`:
the folder itself if it contains `.git`, else its children."""


@dataclass(frozen=True)
class Repository:
    """A repository: a folder, the loose files of one, or an archive."""

    name: str
    prefix: str
    """The name of the listed folder; prepended where two repositories have the same name."""
    location: bytes
    """The folder or archive: an absolute raw path without symbolic links, or a URL."""
    archive: ArchiveKind | None = None
    entry: Entry | None = None
    """The directory entry of an archive."""
    loose: tuple[Entry, ...] | None = None
    """The files of the repository, if it is not a whole folder."""
    exclude: bytes | None = None
    """A folder inside that does not belong to it."""

    def entries(self) -> Iterator[Entry]:
        """The files of a folder, sorted by the bytes of their paths."""
        return walk(self.location, self.exclude) if self.loose is None else iter(self.loose)


def find_repositories(
    paths: Sequence[Location], repositories: Repositories, exclude: Location | None = None
) -> list[Repository]:
    """The repositories in the listed paths, in the order of the paths and bytewise within each.

    Args:
        paths: folders and archives.
        repositories: which folders are repositories.
        exclude: a folder that is not searched.

    Raises:
        UsageError: a path is missing, a path is neither a folder nor an archive, or two
            repositories have the same name even with the names of their listed folders.
    """
    excluded = absolute_location(exclude) if exclude else None
    found = [
        replace(repository, exclude=excluded)
        for path in paths
        for repository in _in_path(path, repositories)
        if repository.loose is not None or repository.location != excluded
    ]
    counts = Counter(repository.name for repository in found)
    named = [
        replace(repository, name=f"{repository.prefix}/{repository.name}")
        if counts[repository.name] > 1
        else repository
        for repository in found
    ]
    by_name: dict[str, Repository] = {}
    for repository in named:
        other = by_name.setdefault(repository.name, repository)
        if other is not repository:
            raise UsageError(
                f"two repositories have the name {repository.name!r}: "
                f"{decode_name(other.location)} and {decode_name(repository.location)}; list only "
                "one of them, or rename a folder"
            )
    return named


def _in_path(path: Location, repositories: Repositories) -> list[Repository]:
    raw = os.fsencode(path)
    if not isinstance(path, Url):
        raw = os.path.abspath(raw)  # noqa: PTH100 - keeps the name of a symbolic link
    folder, _, base = raw.rpartition(b"/")
    name, prefix = decode_name(base) or "/", decode_name(folder.rpartition(b"/")[2]) or "/"
    try:
        status = file_status(path)
        if status.is_folder:
            return _in_folder(name, prefix, status.location, repositories)
    except OSError as error:
        if error.errno == errno.ENOENT:
            problem = "does not exist; list folders and archives that exist"
        else:
            problem = f"cannot be read: {error.strerror}; list folders and archives that can"
        raise UsageError(f"the input {path} {problem}") from error
    kind = archive_kind(base)
    if kind is None or not status.is_file:
        raise UsageError(
            f"the input {path} is neither a folder nor an archive ({ARCHIVE_SUFFIXES}); "
            "list the folder that contains it"
        )
    entry = Entry(base, status.size, status.stamp)
    return [Repository(decode_name(kind[1]), prefix, status.location, kind[0], entry)]


def _in_folder(
    name: str, prefix: str, location: bytes, repositories: Repositories
) -> list[Repository]:
    entries = scan(location)
    is_repository = repositories == "self" or (
        repositories == "auto"
        and not is_remote(location)
        and os.path.lexists(join(location, b".git"))
    )
    if is_repository:
        return [Repository(name, prefix, location)]
    found: list[Repository] = []
    loose: list[Entry] = []
    for entry in entries:
        inside = join(location, entry.path)
        if entry.is_folder:
            found.append(Repository(decode_name(entry.path), name, inside))
        elif (kind := archive_kind(entry.path)) is not None and entry.error is None:
            found.append(Repository(decode_name(kind[1]), name, inside, kind[0], entry))
        else:
            loose.append(entry)
    if loose:
        found.append(Repository(name, name, location, loose=tuple(loose)))
    return found
