"""The source `folder`: repositories in folders and archives on a file system.

A part's inputs are files and archives in one order, bytewise by path within a repository, the same
on every file system. Links are followed nowhere but in the listed paths themselves.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from codecorpus.filters.languages.by_name import not_source
from codecorpus.pipelines.sources.archives.reader import archive_groups
from codecorpus.pipelines.sources.base import TOO_LARGE, Limits, NeedsContent, Source
from codecorpus.pipelines.sources.batching import NAMES, Group, assemble
from codecorpus.pipelines.sources.folder.inputs import (
    FILE,
    RepositoryFacts,
    archive_inputs,
    archive_of,
    file_inputs,
)
from codecorpus.pipelines.sources.folder.loose_files import LooseFiles
from codecorpus.pipelines.sources.folder.metadata import read_metadata
from codecorpus.pipelines.sources.folder.repositories import (
    Repositories,
    Repository,
    find_repositories,
)
from codecorpus.pipelines.sources.io.local import too_large
from codecorpus.pipelines.sources.map_inputs import each
from codecorpus.pipelines.sources.partition import Cutter, NotSource, Weights
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
    """Keys of a folder that stand before those of every source."""

    repositories: Literal["auto", "children", "self"] = Field(
        default="auto",
        description="What is one repository. `children`: each sub-folder and each archive directly "
        "in the folder, and its loose files make one named after the folder; `self`: the folder; "
        "`auto`: `self` if it holds .git, else `children`. An archive is always one.",
        examples=["children"],
    )


class FolderSettings(SourceSettings, _FolderLeadingSettings):
    """Repositories in folders and archives of this machine."""

    type: Literal["folder"] = type_field("folder")
    name: Name = name_field("folder", "own-code")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = paths_field(
        "Folders and archives (.tar.gz, .zip, .whl) to read.",
        ["~/src", "data/*.tar.gz", "{stdlib}"],
    )
    metadata: TablePath | None = Field(
        default=None,
        description="A table (.csv with a header, or .jsonl) with the columns `repository`, "
        "`stars` and `license`: what a folder does not know of its repositories; null: none.",
        examples=["repositories.csv"],
    )

    def source(
        self,
        paths: Sequence[Location],
        *,
        base: Path | None = None,
        exclude: Location | None = None,
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
    """Repositories under folders, and archives.

    Args:
        paths: folders and archives.
        repositories: what of a folder is a repository.
        metadata: facts by repository name, as it stands in the records.
        max_repository_bytes: the limit that the caller will apply. Only with it are compressed tars
            inflated to learn how large their repositories are, up to where they exceed it; exclude,
            their `repository_bytes` are null.
        exclude: a folder that is not looked into, such as the one that is written to.
        not_source: which paths will not be read; it decides only how parts are cut.
    """

    def __init__(
        self,
        paths: Sequence[Location],
        *,
        repositories: Repositories = "auto",
        metadata: Mapping[str, RepositoryFacts] | None = None,
        max_repository_bytes: int | None = None,
        exclude: Location | None = None,
        not_source: NotSource = not_source,
    ) -> None:
        self.passed_over: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._repositories = repositories
        self._metadata = dict(metadata or {})
        self._max_repository_bytes = max_repository_bytes
        self._exclude = exclude
        self._not_source = not_source

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Cut the input into parts: files and archives in order, until they weigh enough.

        Raises:
            UsageError: a path is missing, or neither folder nor archive, or two repositories have
                one name.
        """
        cutter = Cutter(part_bytes)

        def look_into(repository: Repository) -> tuple[pa.Table, Weights]:
            facts = self._metadata.get(repository.name, RepositoryFacts())
            if repository.archive is None:
                return file_inputs(repository, facts, self._not_source)
            return archive_inputs(
                repository, facts, self._not_source, part_bytes, self._max_repository_bytes
            )

        found = find_repositories(self._paths, self._repositories, self._exclude)
        for inputs, weights in each(look_into, found, self._paths):
            yield from cutter.add(inputs, weights)
        yield from cutter.rest()

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """The records of one part; each input's before the next one's."""
        yield from assemble(_groups(inputs, limits), needs_content, limits)


def _groups(inputs: pa.Table, limits: Limits) -> Iterator[Group]:
    """Files that follow each other in groups, each archive in its own."""
    kinds = inputs.column("kind").to_pylist()
    start = 0
    while start < len(kinds):
        if kinds[start] != FILE:
            yield from archive_groups(archive_of(inputs, start), limits)
            start += 1
            continue
        end = start
        while end < len(kinds) and kinds[end] == FILE and end - start < limits.batch_rows:
            end += 1
        files = inputs.slice(start, end - start)
        loose = LooseFiles(files)
        try:
            yield Group(_file_names(files, limits.record_bytes), loose.fill, loose.expect)
        finally:
            loose.close()
        start = end


def _file_names(inputs: pa.Table, record_bytes: int) -> pa.RecordBatch:
    """The inputs as a batch of NAMES; files that were listed as too large have their error."""
    large = pc.greater(inputs.column("size"), record_bytes)
    if pc.any(large).as_py():
        details = pa.array(
            [too_large(size, record_bytes).detail for size in inputs.column("size").to_pylist()],
            pa.string(),
        )
        for name, value in (("error", pa.scalar(TOO_LARGE)), ("detail", details)):
            at = inputs.schema.get_field_index(name)
            column = pc.if_else(large, value, inputs.column(name))
            inputs = inputs.set_column(at, inputs.field(at), column)
    count = inputs.num_rows
    columns = [
        inputs.column(field.name).combine_chunks()
        if field.name in inputs.schema.names
        else pa.nulls(count, field.type)
        for field in NAMES
    ]
    return pa.record_batch(columns, schema=NAMES)
