"""The types of sources. A new one is a module with its settings and reader, and a line here."""

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
"""The class of settings for each `type` in a recipe."""


def open_source(settings: SourceSettings, base: Path, exclude: Location | None = None) -> Source:
    """The source of an entry of a recipe, for planning and reading.

    Args:
        settings: the entry.
        base: the folder that relative paths start from.
        exclude: a folder to leave out, such as an output folder inside an input.

    Raises:
        UsageError: a path matches nothing.
    """
    return settings.source(resolve_paths(settings, base), base=base, exclude=exclude)


def open_reader(settings: SourceSettings) -> Source:
    """The source of an entry of a recipe, for reading planned parts; does not look up its paths."""
    return settings.source([], base=None, exclude=None)
