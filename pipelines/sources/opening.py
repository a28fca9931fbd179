"""From a recipe's settings to the source that reads: the one place that knows all sources."""

from pathlib import Path

from pipelines.recipe import sources as recipe
from pipelines.recipe.paths import resolve_path, resolve_paths
from pipelines.sources.base import Source
from pipelines.sources.codeparrot import CodeparrotSource
from pipelines.sources.folder import FolderSource
from pipelines.sources.github import GithubSource
from pipelines.sources.metadata import read_metadata
from pipelines.sources.pile import PileSource


def open_source(settings: recipe.SourceSettings, base: Path, without: Path | None = None) -> Source:
    """The source of a recipe's entry.

    Args:
        settings: the entry.
        base: the folder that its relative paths start at.
        without: a folder that is no input: the one that is written to may lie within an input.

    Raises:
        UsageError: a path matches nothing.
    """
    paths = resolve_paths(settings, base)
    if isinstance(settings, recipe.PileSource):
        return PileSource(paths, without=without)
    if isinstance(settings, recipe.CodeparrotSource):
        return CodeparrotSource(paths, without=without)
    if isinstance(settings, recipe.GithubSource):
        return GithubSource(paths)
    assert isinstance(settings, recipe.FolderSource)
    metadata = read_metadata(resolve_path(settings.metadata, base)) if settings.metadata else None
    return FolderSource(
        paths,
        repositories=settings.repositories,
        metadata=metadata,
        max_repository_bytes=settings.max_repository_bytes,
        without=without,
    )
