"""The source `github`: the repositories that a crawl fetched, one archive each.

The folder of a crawl contains `repositories.jsonl`, with a line for each archive. GitHub puts all
files of an archive into one folder, named after the commit; paths are relative to that folder. A
Git LFS pointer stands for a file that is not in the archive, so it becomes `unreadable.io`. A
submodule is an empty folder there, and has no record.
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
from codecorpus.pipelines.sources.batching import RecordGroup, assemble
from codecorpus.pipelines.sources.folder.inputs import (
    RepositoryFacts,
    archive_from_inputs,
    archive_inputs,
    with_repository_bytes,
)
from codecorpus.pipelines.sources.folder.repositories import Repository
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.sources.io.file_stat import absolute_location, file_status
from codecorpus.pipelines.sources.io.local import Stream
from codecorpus.pipelines.sources.io.walk import Entry
from codecorpus.pipelines.sources.partition import Weights, partition_inputs
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
"""The list of archives in a crawl's folder."""
LFS_POINTER: Final = b"version https://git-lfs.github.com/spec/"
"""The first bytes of a Git LFS pointer (Git LFS specification)."""
LFS_BYTES: Final = 1_024
"""A pointer is smaller than this."""


@dataclass(frozen=True)
class _ListedArchive:
    """A line of the list of archives."""

    repository: str
    archive: Location
    facts: RepositoryFacts
    unpacked_bytes: int


class GithubSettings(SourceSettings):
    """Repositories fetched by `codecorpus crawl`, with known stars, licence and size."""

    type: Literal["github"] = type_field("github")
    name: Name = name_field("github", "crawled")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = paths_field(
        "Folders of crawls.", ["crawl"]
    )

    def source(
        self, paths: Sequence[Location], *, base: Path | None, exclude: Location | None
    ) -> Source:
        """The source that reads these paths; see `SourceSettings.source`."""
        del base, exclude
        return GithubSource(paths)


class GithubSource:
    """Repositories that crawls fetched, in the folders of these crawls."""

    def __init__(self, paths: Sequence[Location]) -> None:
        self.ignored: Counter[str] = Counter()
        self._paths = tuple(paths)

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Divide the archives into parts, in the order of the lists.

        Raises:
            UsageError: a folder has no list, a listed archive is missing, or a repository is listed
                twice.
        """
        seen: set[str] = set()

        def listed_archives() -> Iterator[_ListedArchive]:
            for folder in self._paths:
                for listed in _read_listing(folder):
                    if listed.repository.lower() in seen:
                        raise UsageError(
                            f"{folder / LISTING}: {listed.repository} is listed twice; leave it "
                            "out of one crawl with `exclude`"
                        )
                    seen.add(listed.repository.lower())
                    yield listed

        def inspect(listed: _ListedArchive) -> tuple[pa.Table, Weights]:
            inputs, weights = archive_inputs(_repository(listed), listed.facts, part_bytes, None)
            return with_repository_bytes(inputs, listed.unpacked_bytes), weights

        yield from partition_inputs(inspect, listed_archives(), self._paths, part_bytes)

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """Read the records of one part, archive by archive."""
        groups = (
            _in_repository(group)
            for row in range(len(inputs))
            for group in archive_groups(archive_from_inputs(inputs, row), limits)
        )
        yield from assemble(groups, needs_content, limits)


def _read_listing(folder: Location) -> Iterator[_ListedArchive]:
    path = folder / LISTING
    try:
        with io.TextIOWrapper(
            io.BufferedReader(Stream(open_file(absolute_location(path)))), "utf-8"
        ) as lines:
            for number, line in enumerate(lines, 1):
                yield _parse_line(folder, line, f"{path}:{number}")
    except (UnreadableError, OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path}: {error}; expected the folder of a crawl: `codecorpus crawl RECIPE --out DIR`"
        ) from error


def _parse_line(folder: Location, line: str, where: str) -> _ListedArchive:
    try:
        value = json.loads(line)
        name, archive, license_ = value["repository"], value["archive"], value["license"]
        stars, size = int(value["stars"]), int(value["unpacked_bytes"])
        facts = RepositoryFacts(stars, license_, value.get("commit"), value.get("fetched"))
        listed = _ListedArchive(str(name), folder / str(archive), facts, size)
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{where}: {error!r}; expected a line written by `codecorpus crawl`"
        ) from error
    return listed


def _repository(listed: _ListedArchive) -> Repository:
    """The archive as a repository of the source `folder`.

    Raises:
        UsageError: the archive is missing.
    """
    try:
        status = file_status(listed.archive)
    except OSError as error:
        raise UsageError(
            f"{listed.archive}: {error.strerror}; the crawl lists this archive: run the crawl again"
        ) from error
    entry = Entry(os.path.basename(status.location), status.size, status.stamp)  # noqa: PTH119
    return Repository(listed.repository, "", status.location, "tar", entry)


def _in_repository(group: RecordGroup) -> RecordGroup:
    """The same records with paths below the top folder, and errors for Git LFS pointers."""

    def read_into(index: int, buffer: memoryview | None) -> int:
        length = group.read_into(index, buffer)
        if buffer is None or length >= LFS_BYTES:
            return length
        if bytes(buffer[: min(length, len(LFS_POINTER))]) == LFS_POINTER:
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
    return RecordGroup(names, read_into)
