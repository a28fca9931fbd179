"""The source `github`: what a crawl has fetched, an archive a repository.

A crawl's folder holds `repositories.jsonl`, a line for each archive. What GitHub puts all files
into, a folder named after the commit, is no part of their paths. A Git LFS pointer stands for a
file that is not in the archive: it is `unreadable.io`. A submodule is an empty folder there, and
has no record.
"""

import io
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
from pydantic import Field

from codecorpus.filters.languages.by_name import not_source
from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.archives.reader import archive_groups
from codecorpus.pipelines.sources.base import (
    ARCHIVE,
    IO,
    Limits,
    NeedsContent,
    Source,
    UnreadableError,
)
from codecorpus.pipelines.sources.batching import Group, assemble
from codecorpus.pipelines.sources.folder.inputs import (
    SCHEMA,
    RepositoryFacts,
    archive_inputs,
    archive_of,
)
from codecorpus.pipelines.sources.folder.repositories import Repository
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.io.file_stat import locate, look
from codecorpus.pipelines.sources.io.local import Stream
from codecorpus.pipelines.sources.io.walk import Entry
from codecorpus.pipelines.sources.map_inputs import each
from codecorpus.pipelines.sources.partition import Cutter, NotSource, Weights
from codecorpus.pipelines.sources.settings import (
    Name,
    PathText,
    SourceSettings,
    name_field,
    paths_field,
    type_field,
)
from codecorpus.pipelines.storage.locations import Location

LISTING: Final = "repositories.jsonl"
"""The list in a crawl's folder."""
LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
"""What a Git LFS pointer begins with (Git LFS specification)."""
LFS_BYTES: Final = 1_024
"""A pointer is smaller."""


@dataclass(frozen=True)
class _Listed:
    """A line of the list."""

    repository: str
    archive: Location
    facts: RepositoryFacts
    unpacked_bytes: int


class GithubSettings(SourceSettings):
    """Repositories that `codecorpus crawl` has fetched: stars, licence and size are known."""

    type: Literal["github"] = type_field("github")
    name: Name = name_field("github", "crawled")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = paths_field(
        "Folders of crawls.", ["crawl"]
    )

    def source(
        self,
        paths: Sequence[Location],
        *,
        base: Path | None = None,
        exclude: Location | None = None,
    ) -> Source:
        """The source that reads these paths; see `SourceSettings.source`."""
        del base, exclude
        return GithubSource(paths)


class GithubSource:
    """Repositories that crawls have fetched.

    Args:
        paths: the crawls' folders.
        not_source: which paths will not be read; it decides only how parts are cut.
    """

    def __init__(self, paths: Sequence[Location], *, not_source: NotSource = not_source) -> None:
        self.passed_over: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._not_source = not_source

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Cut the crawls into parts: archives in the lists' order, until they weigh enough.

        Raises:
            UsageError: a folder holds no list, an archive of it is missing, or two crawls have one
                repository.
        """
        cutter = Cutter(part_bytes)
        seen: set[str] = set()

        def all_listed() -> Iterator[_Listed]:
            for folder in self._paths:
                for listed in _read_listing(folder):
                    if listed.repository.lower() in seen:
                        raise UsageError(
                            f"{folder / LISTING}: {listed.repository} is listed twice; leave it "
                            "out of one crawl with `exclude`"
                        )
                    seen.add(listed.repository.lower())
                    yield listed

        def look_into(listed: _Listed) -> tuple[pa.Table, Weights]:
            inputs, weights = archive_inputs(
                _repository(listed), listed.facts, self._not_source, part_bytes, None
            )
            at = SCHEMA.get_field_index("repository_bytes")
            size = pa.repeat(pa.scalar(listed.unpacked_bytes, pa.int64()), len(inputs))
            return inputs.set_column(at, SCHEMA.field(at), size), weights

        for inputs, weights in each(look_into, all_listed(), self._paths):
            yield from cutter.add(inputs, weights)
        yield from cutter.rest()

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """The records of one part; each archive's before the next one's."""
        groups = (
            _inside(group)
            for row in range(len(inputs))
            for group in archive_groups(archive_of(inputs, row), limits)
        )
        yield from assemble(groups, needs_content, limits)


def _read_listing(folder: Location) -> Iterator[_Listed]:
    path = folder / LISTING
    try:
        with io.TextIOWrapper(io.BufferedReader(Stream(open_file(locate(path)))), "utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield _listed(folder, line, f"{path}:{number}")
    except (UnreadableError, OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: {error}; expected the folder of a crawl: `codecorpus crawl RECIPE --out DIR`"
        ) from error


def _listed(folder: Location, line: str, where: str) -> _Listed:
    try:
        value = json.loads(line)
        name, archive, license_ = value["repository"], value["archive"], value["license"]
        stars, size = int(value["stars"]), int(value["unpacked_bytes"])
        facts = RepositoryFacts(stars, license_, value.get("commit"), value.get("fetched"))
        found = _Listed(str(name), folder / str(archive), facts, size)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{where}: {error!r}; expected a line as a crawl writes it") from error
    return found


def _repository(listed: _Listed) -> Repository:
    """The archive as the source `folder` describes one.

    Raises:
        UsageError: it is missing.
    """
    try:
        found = look(listed.archive)
    except OSError as error:
        raise UsageError(
            f"{listed.archive}: {error.strerror}; it is listed: run the crawl once more"
        ) from error
    entry = Entry(os.path.basename(found.location), found.size, found.stamp)  # noqa: PTH119
    return Repository(listed.repository, "", found.location, "tar", entry)


def _inside(group: Group) -> Group:
    """The same records, their paths without the first folder, pointers refused."""

    def fill(index: int, into: memoryview | None) -> int:
        length = group.fill(index, into)
        if into is not None and length < LFS_BYTES and _is_pointer(into[:length]):
            raise UnreadableError(IO, "a Git LFS pointer; its content is not in the archive")
        return length

    paths, errors = (group.names.column(name).to_pylist() for name in ("path", "error"))
    stripped = [
        path if error == ARCHIVE else path.partition("/")[2] or path
        for path, error in zip(paths, errors, strict=True)
    ]
    at = group.names.schema.get_field_index("path")
    names = group.names.set_column(
        at, group.names.schema.field(at), pa.array(stripped, pa.string())
    )
    return Group(names, fill)


def _is_pointer(content: memoryview) -> bool:
    return bytes(content[: len(LFS_POINTER)]) == LFS_POINTER
