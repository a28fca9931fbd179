"""The source `folder`: repositories in folders and archives, on disk or in an object store.

The inputs of a part are files and archives, sorted by the bytes of their paths within a repository,
so their order is the same on every file system. Symbolic links are followed only in the listed
paths themselves.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from codecorpus.pipelines.sources.archives.reader import archive_groups
from codecorpus.pipelines.sources.base import Limits, NeedsContent, Source
from codecorpus.pipelines.sources.batching import RecordGroup, assemble
from codecorpus.pipelines.sources.folder.inputs import (
    FILE,
    RepositoryFacts,
    archive_from_inputs,
    archive_inputs,
    file_inputs,
)
from codecorpus.pipelines.sources.folder.loose_files import loose_file_groups
from codecorpus.pipelines.sources.folder.metadata import read_metadata
from codecorpus.pipelines.sources.folder.repositories import (
    Repositories,
    Repository,
    find_repositories,
)
from codecorpus.pipelines.sources.partition import Weights, partition_inputs
from codecorpus.pipelines.sources.paths import resolve_path
from codecorpus.pipelines.sources.settings import (
    LeadingSettings,
    Name,
    PathText,
    SourceSettings,
    TablePath,
    name_field,
    paths_field,
    type_field,
)
from codecorpus.pipelines.storage.locations import Location


class _FolderLeadingSettings(LeadingSettings):
    """Keys of a folder that come before those of every source."""

    repositories: Literal["auto", "children", "self"] = Field(
        default="auto",
        description="How a folder is divided into repositories. `children`: each sub-folder and "
        "each archive directly in it is one, and loose files form one named after the folder; "
        "`self`: the folder is one; `auto`: `self` if it contains .git, otherwise `children`. An "
        "archive is always one.",
        examples=["children"],
    )


class FolderSettings(SourceSettings, _FolderLeadingSettings):
    """Repositories in folders and archives, on disk or in an object store."""

    type: Literal["folder"] = type_field("folder")
    name: Name = name_field("folder", "own-code")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = paths_field(
        "Folders and archives (.tar.gz, .zip, .whl) to read.",
        ["~/src", "data/*.tar.gz", "{stdlib}"],
    )
    metadata: TablePath | None = Field(
        default=None,
        description="A table (.csv with a header, or .jsonl) with the columns `repository`, "
        "`stars` and `license`, which are not in the files of a repository; null: no table.",
        examples=["repositories.csv"],
    )

    def source(
        self, paths: Sequence[Location], *, base: Path | None, exclude: Location | None
    ) -> Source:
        """The source that reads these paths; see `SourceSettings.source`."""
        metadata = None
        if self.metadata and base is not None:
            metadata = read_metadata(resolve_path(self.metadata, base))
        return FolderSource(
            paths,
            repositories=self.repositories,
            metadata=metadata,
            max_repository_bytes=self.max_repository_bytes,
            exclude=exclude,
        )


class FolderSource:
    """Repositories in folders and archives.

    Args:
        paths: folders and archives.
        repositories: which folders are repositories.
        metadata: facts by repository name, as the records have it.
        max_repository_bytes: the limit that the caller will apply. If given, compressed tars are
            decompressed to measure their repositories, until they exceed the limit; otherwise
            their `repository_bytes` are null.
        exclude: a folder that is not searched, such as the output folder.
    """

    def __init__(
        self,
        paths: Sequence[Location],
        *,
        repositories: Repositories = "auto",
        metadata: Mapping[str, RepositoryFacts] | None = None,
        max_repository_bytes: int | None = None,
        exclude: Location | None = None,
    ) -> None:
        self.ignored: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._repositories = repositories
        self._metadata = dict(metadata or {})
        self._max_repository_bytes = max_repository_bytes
        self._exclude = exclude

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Divide the files and archives into parts, in order.

        Raises:
            UsageError: a path is missing, a path is neither a folder nor an archive, or two
                repositories have the same name.
        """

        def inspect(repository: Repository) -> tuple[pa.Table, Weights]:
            facts = self._metadata.get(repository.name, RepositoryFacts())
            if repository.archive is None:
                return file_inputs(repository, facts)
            return archive_inputs(repository, facts, part_bytes, self._max_repository_bytes)

        found = find_repositories(self._paths, self._repositories, self._exclude)
        yield from partition_inputs(inspect, found, self._paths, part_bytes)

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """Read the records of one part, input by input."""
        yield from assemble(_groups(inputs, limits), needs_content, limits)


def _groups(inputs: pa.Table, limits: Limits) -> Iterator[RecordGroup]:
    """The groups of a part, in the order of its inputs."""
    kinds = inputs.column("kind").to_pylist()
    start = 0
    for is_file, run in groupby(kinds, FILE.__eq__):
        rows = inputs.slice(start, len(list(run)))
        start += len(rows)
        if is_file:
            yield from loose_file_groups(rows, limits)
        else:
            for row in range(len(rows)):
                yield from archive_groups(archive_from_inputs(rows, row), limits)
