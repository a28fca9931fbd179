"""Resolve the paths of a recipe to files, folders and URLs.

`*` matches any characters within one name, except a leading dot. `?` and `[` are ordinary
characters, because file names contain them. A path that exists is used as written, even with a `*`.
In the URL of a store (`s3://`, `gs://`, `hf://` …) only `*` is expanded.
"""

import glob
import os
from collections.abc import Sequence
from pathlib import Path

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.placeholders import PLACEHOLDERS, fill_placeholder
from codecorpus.pipelines.sources.settings import SourceSettings
from codecorpus.pipelines.storage.locations import Location, Url, is_remote, parse_location


def resolve_paths(source: SourceSettings, base: Path) -> list[Location]:
    """Return the files, folders and URLs of a source, in the order written, without repeats.

    Args:
        source: a source of a recipe.
        base: the folder to which relative paths are relative.

    Raises:
        UsageError: a path does not exist, or a pattern matches nothing.
    """
    found: dict[str, Location] = {}
    for text in source.paths:
        matches: Sequence[Location] = _matches(text, base)
        if not matches:
            raise UsageError(_not_found(source, text, base))
        for path in matches:
            found.setdefault(str(path) if is_remote(text) else os.path.realpath(path), path)
    return list(found.values())


def resolve_path(text: str, base: Path) -> Location:
    """Return the path or URL that `text` (`metadata`, `opt_out`) names, whether or not it exists.

    Raises:
        UsageError: a URL that cannot be read.
    """
    url = parse_location(text)
    return url if isinstance(url, Url) else Path(_absolute(text, base)[0])


def _matches(text: str, base: Path) -> Sequence[Location]:
    url = parse_location(text)
    if isinstance(url, Url):
        from codecorpus.pipelines.storage.glob import expand  # saves local builds its import

        return expand(url)
    return [path for full in _absolute(text, base) for path in _expand(full)]


def _absolute(text: str, base: Path) -> list[str]:
    filled = fill_placeholder(text)
    return [os.path.join(base, os.path.expanduser(path)) for path in filled]  # noqa: PTH111, PTH118


def _expand(full: str) -> list[Path]:
    if os.path.lexists(full):
        return [Path(full)]
    if "*" not in full:
        return []
    pattern = "*".join(glob.escape(piece) for piece in full.split("*"))
    return [Path(match) for match in sorted(glob.glob(pattern))]  # noqa: PTH207


def _not_found(source: SourceSettings, text: str, base: Path) -> str:
    searched = text if is_remote(text) else " and ".join(_absolute(text, base))
    problem = "nothing matches" if "*" in text else "there is no such file or folder"
    if text.startswith("hf://"):  # the hub does not reveal private repositories
        problem += ", or it is private or gated and HF_TOKEN may not read it"
    placeholders = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    return (
        f"source `{source.name}`: path `{text}`: {problem} (looked for {searched}); expected a "
        "folder or an archive. Relative paths start at the recipe's folder, or at the current "
        "folder for a recipe that comes with codecorpus; give other paths with --input, or use one "
        f"of {placeholders}"
    )
