"""Which repositories the listed paths hold, and what they are called."""

import errno
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.io.file_stat import locate, look
from codecorpus.pipelines.sources.io.filenames import (
    ARCHIVE_SUFFIXES,
    ArchiveKind,
    archive_kind,
    spell,
)
from codecorpus.pipelines.sources.io.walk import Entry, join, scan, walk
from codecorpus.pipelines.storage.locations import Location, Url, is_remote

Repositories = Literal["auto", "children", "self"]
"""What is a repository: each child of a listed folder, the folder itself, or, `auto`, the folder if
it holds `.git` and else its children."""


@dataclass(frozen=True)
class Repository:
    """A repository: a folder, the loose files of one, or an archive."""

    name: str
    front: str
    """The listed folder's name, put in front where two repositories have one name."""
    location: bytes
    """Of the folder or archive: an absolute raw path without links, or a URL."""
    archive: ArchiveKind | None = None
    entry: Entry | None = None
    """Of an archive, what was listed."""
    loose: tuple[Entry, ...] | None = None
    """The files, where not the whole folder is the repository."""
    exclude: bytes | None = None
    """A folder within that is no part of it."""

    def entries(self) -> Iterator[Entry]:
        """The files of a folder in order, bytewise by path."""
        return walk(self.location, self.exclude) if self.loose is None else iter(self.loose)


def find_repositories(
    paths: Sequence[Location], repositories: Repositories, exclude: Location | None = None
) -> list[Repository]:
    """The repositories of the listed paths, in the order of the paths and bytewise within one.

    Args:
        paths: folders and archives.
        repositories: what of a folder is a repository.
        exclude: a folder that is not looked into.

    Raises:
        UsageError: a path is missing, or neither folder nor archive, or two repositories cannot be
            told apart by name.
    """
    avoided = locate(exclude) if exclude else None
    found = [
        replace(one, exclude=avoided)
        for path in paths
        for one in _listed(path, repositories)
        if one.loose is not None or one.location != avoided
    ]
    counts = Counter(one.name for one in found)
    named = [
        replace(one, name=f"{one.front}/{one.name}") if counts[one.name] > 1 else one
        for one in found
    ]
    seen: dict[str, Repository] = {}
    for one in named:
        other = seen.setdefault(one.name, one)
        if other is not one:
            raise UsageError(
                f"two repositories are called {one.name!r}: {spell(other.location)} and "
                f"{spell(one.location)}; list only one of them, or rename a folder"
            )
    return named


def _listed(path: Location, repositories: Repositories) -> list[Repository]:
    named = os.fsencode(path)
    if not isinstance(path, Url):
        named = os.path.abspath(named)  # noqa: PTH100 - a link keeps its own name here
    folder, _, base = named.rpartition(b"/")
    name, front = spell(base) or "/", spell(folder.rpartition(b"/")[2]) or "/"
    try:
        found = look(path)
        if found.is_folder:
            return _folder(name, front, found.location, repositories)
    except OSError as error:
        what = (
            "does not exist" if error.errno == errno.ENOENT else f"cannot be read: {error.strerror}"
        )
        raise UsageError(f"the input {path} {what}; list folders and archives that do") from error
    kind = archive_kind(base)
    if kind is None or not found.is_file:
        raise UsageError(
            f"the input {path} is neither a folder nor an archive ({ARCHIVE_SUFFIXES}); "
            "list the folder that it lies in"
        )
    entry = Entry(base, found.size, found.stamp)
    return [Repository(spell(kind[1]), front, found.location, kind[0], entry)]


def _folder(name: str, front: str, location: bytes, repositories: Repositories) -> list[Repository]:
    entries = scan(location)
    whole = repositories == "self" or (
        repositories == "auto"
        and not is_remote(location)
        and os.path.lexists(join(location, b".git"))
    )
    if whole:
        return [Repository(name, front, location)]
    found: list[Repository] = []
    loose: list[Entry] = []
    for entry in entries:
        inside = join(location, entry.path)
        if entry.is_folder:
            found.append(Repository(spell(entry.path), name, inside))
        elif (kind := archive_kind(entry.path)) is not None and entry.trouble is None:
            found.append(Repository(spell(kind[1]), name, inside, kind[0], entry))
        else:
            loose.append(entry)
    if loose:
        found.append(Repository(name, name, location, loose=tuple(loose)))
    return found
