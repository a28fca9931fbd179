"""The sources that a recipe may name: a new one is a module with its settings, and a line here."""

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
"""Settings by the `type` that a recipe gives."""


def open_source(settings: SourceSettings, base: Path, exclude: Location | None = None) -> Source:
    """The source of a recipe's entry, to plan with and to read.

    Args:
        settings: the entry.
        base: the folder that its relative paths start at.
        exclude: a folder to leave out: the output folder may lie within an input.

    Raises:
        UsageError: a path matches nothing.
    """
    return settings.source(resolve_paths(settings, base), base=base, exclude=exclude)


def open_reader(settings: SourceSettings) -> Source:
    """The source of a recipe's entry, to read planned parts with: it looks for no paths."""
    return settings.source([])
