"""Repositories and owners that do not want to be part of a corpus: at the crawl and at the build.

A list is a text file in UTF-8: on each line `owner/name` or `owner`; what follows `#` is a remark.
Case does not matter, as it does not on GitHub.
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
    """The repositories of a list; `name in opt_out` says whether one is on it."""

    def __init__(self, entries: Iterable[str] = ()) -> None:
        self.entries = tuple(sorted({entry.lower() for entry in entries}))
        self._known = frozenset(self.entries)

    def __contains__(self, repository: str) -> bool:
        name = repository.lower()
        return name in self._known or name.partition("/")[0] in self._known

    def __len__(self) -> int:
        return len(self._known)


def read_opt_out(path: Location | None) -> OptOut:
    """Read a list; None is an empty one.

    Raises:
        UsageError: it cannot be read, or a line is no entry; names the line.
    """
    return OptOut(read_names(path) if path is not None else ())


def read_names(path: Location, *, owners: bool = True) -> Sequence[str]:
    """The entries of a list in their order.

    Args:
        path: the file.
        owners: whether an entry may be an owner.

    Raises:
        UsageError: it cannot be read, or a line is no entry; names the line.
    """
    try:
        lines = read_whole(path).decode("utf-8-sig").splitlines()
    except (OSError, ValueError, UnreadableError) as error:
        raise UsageError(f"{path}: {error}; expected a list in UTF-8, a name a line") from error
    entries = []
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        found = _ENTRY.fullmatch(entry)
        if found is None or not (owners or found[1]):
            expected = "owner/name or owner" if owners else "owner/name"
            raise UsageError(f"{path}:{number}: got {entry!r}; expected {expected}, one a line")
        entries.append(entry)
    return entries
