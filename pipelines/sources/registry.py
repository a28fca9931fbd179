"""From a recipe's settings to the source that reads: the one place that knows all sources."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from codecorpus.pipelines.recipe import sources as recipe
from codecorpus.pipelines.recipe.paths import resolve_path, resolve_paths
from codecorpus.pipelines.sources.base import Source
from codecorpus.pipelines.sources.codeparrot import CodeparrotSource
from codecorpus.pipelines.sources.folder import FolderSource
from codecorpus.pipelines.sources.folder.inputs import RepositoryFacts
from codecorpus.pipelines.sources.folder.metadata import read_metadata
from codecorpus.pipelines.sources.github import GithubSource
from codecorpus.pipelines.sources.pile import PileSource
from codecorpus.pipelines.storage.locations import Location


def open_source(
    settings: recipe.SourceSettings, base: Path, without: Location | None = None
) -> Source:
    """The source of a recipe's entry, to plan with and to read.

    Args:
        settings: the entry.
        base: the folder that its relative paths start at.
        without: a folder that is no input: the one that is written to may lie within an input.

    Raises:
        UsageError: a path matches nothing.
    """
    paths = resolve_paths(settings, base)
    metadata = None
    if isinstance(settings, recipe.FolderSource) and settings.metadata:
        metadata = read_metadata(resolve_path(settings.metadata, base))
    return _make(settings, paths, metadata, without)


def open_reader(settings: recipe.SourceSettings) -> Source:
    """The source of a recipe's entry, to read planned parts with: nothing is looked for."""
    return _make(settings, [], None, None)


def _make(
    settings: recipe.SourceSettings,
    paths: Sequence[Location],
    metadata: Mapping[str, RepositoryFacts] | None,
    without: Location | None,
) -> Source:
    if isinstance(settings, recipe.PileSource):
        return PileSource(paths, without=without)
    if isinstance(settings, recipe.CodeparrotSource):
        return CodeparrotSource(paths, without=without)
    if isinstance(settings, recipe.GithubSource):
        return GithubSource(paths)
    assert isinstance(settings, recipe.FolderSource)
    return FolderSource(
        paths,
        repositories=settings.repositories,
        metadata=metadata,
        max_repository_bytes=settings.max_repository_bytes,
        without=without,
    )
