"""The registry of source types: a new source is one module with its settings and a line here."""

from pathlib import Path

from codecorpus.pipelines.sources.base import Source
from codecorpus.pipelines.sources.codeparrot import CodeparrotSettings
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.github import GithubSettings
from codecorpus.pipelines.sources.paths import resolve_paths
from codecorpus.pipelines.sources.pile import PileSettings
from codecorpus.pipelines.sources.settings import SourceSettings
from codecorpus.pipelines.storage.locations import Location

SOURCES: dict[str, type[SourceSettings]] = {
    "folder": FolderSettings,
    "pile": PileSettings,
    "codeparrot": CodeparrotSettings,
    "github": GithubSettings,
}
"""The settings class of each `type` in a recipe."""


def open_source(settings: SourceSettings, base: Path, exclude: Location | None = None) -> Source:
    """Return the source of a recipe's entry, for planning and reading.

    Args:
        settings: the entry.
        base: the folder to which its paths are relative.
        exclude: a folder to leave out, because the output folder may be inside an input.

    Raises:
        UsageError: a path matches nothing.
    """
    return settings.source(resolve_paths(settings, base), base=base, exclude=exclude)


def open_reader(settings: SourceSettings) -> Source:
    """Return the source of a recipe's entry for reading planned parts, without resolving paths."""
    return settings.source([])
