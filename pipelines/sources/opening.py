"""From a recipe's settings to the source that reads: the one place that knows all sources."""

from pathlib import Path

from pipelines.recipe.paths import resolve_path, resolve_paths
from pipelines.recipe.sources import SourceSettings
from pipelines.sources.base import Source
from pipelines.sources.folder import FolderSource
from pipelines.sources.metadata import read_metadata


def open_source(settings: SourceSettings, base: Path, without: Path | None = None) -> Source:
    """The source of a recipe's entry.

    Args:
        settings: the entry.
        base: the folder that its relative paths start at.
        without: a folder that is no input: the one that is written to may lie within an input.

    Raises:
        UsageError: a path matches nothing.
    """
    metadata = read_metadata(resolve_path(settings.metadata, base)) if settings.metadata else None
    return FolderSource(
        resolve_paths(settings, base),
        repositories=settings.repositories,
        metadata=metadata,
        max_repository_bytes=settings.max_repository_bytes,
        without=without,
    )
