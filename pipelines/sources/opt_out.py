"""Opt-out lists: repositories and owners that a crawl does not fetch and a build does not read.

A list is a text file in UTF-8 with `owner/name` or `owner` on each line; `#` begins a comment. Case
is ignored, as on GitHub.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import UnreadableError
from codecorpus.pipelines.sources.io import read_whole
from codecorpus.pipelines.storage.locations import Location

_ENTRY: Final = re.compile(r"[^\s/]+(/[^\s/]+)?")


class OptOut:
    """An opt-out list; `name in opt_out` is true for listed repositories and owners."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self.entries = tuple(sorted({entry.lower() for entry in entries}))
        self._known = frozenset(self.entries)

    def __contains__(self, repository: str) -> bool:
        name = repository.lower()
        return name in self._known or name.partition("/")[0] in self._known

    def __len__(self) -> int:
        return len(self._known)


def read_opt_out(path: Location | None) -> OptOut:
    """Read a list; without a path, return an empty one.

    Raises:
        UsageError: the file cannot be read, or a line is not an entry; names the line.
    """
    return OptOut(read_names(path) if path is not None else ())


def read_names(path: Location, *, owners: bool = True) -> Sequence[str]:
    """The entries of a list of repositories, in the order of the file.

    Args:
        path: the file.
        owners: whether an entry may be an owner alone.

    Raises:
        UsageError: the file cannot be read, or a line is not an entry; names the line.
    """
    try:
        lines = read_whole(path).decode("utf-8-sig").splitlines()
    except (OSError, ValueError, UnreadableError) as error:
        raise UsageError(
            f"{path}: {error}; expected a list in UTF-8, one name on each line"
        ) from error
    entries = []
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        found = _ENTRY.fullmatch(entry)
        if found is None or not (owners or found[1]):
            expected = "owner/name or owner" if owners else "owner/name"
            raise UsageError(
                f"{path}:{number}: got {entry!r}; expected {expected}, one on each line"
            )
        entries.append(entry)
    return entries
