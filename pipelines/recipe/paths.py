"""From the paths of a recipe, kept as written, to files and folders of this machine.

Only `*` is a pattern (any characters of one name, a leading dot aside); `?` and `[` are ordinary,
as they occur in names. A path that exists as written is taken as written, `*` or not.
"""

import glob
import os
from pathlib import Path

from foundation.errors import UsageError
from pipelines.recipe.placeholders import PLACEHOLDERS, fill_placeholder
from pipelines.recipe.sources import SourceSettings


def resolve_paths(source: SourceSettings, base: Path) -> list[Path]:
    """All folders and files that a source's paths name, in the order written, each once.

    Args:
        source: a source of a recipe.
        base: the folder that relative paths start at.

    Raises:
        UsageError: a path or a pattern finds nothing.
    """
    found: dict[str, Path] = {}
    for text in source.paths:
        matches = [path for full in _absolute(text, base) for path in _expand(full)]
        if not matches:
            raise UsageError(_nothing(source, text, base))
        for path in matches:
            found.setdefault(os.path.realpath(path), path)
    return list(found.values())


def resolve_path(text: str, base: Path) -> Path:
    """The one path that `text` (`vocabulary`, `metadata`) names, whether or not it exists."""
    return Path(_absolute(text, base)[0])


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


def _nothing(source: SourceSettings, text: str, base: Path) -> str:
    looked = " and ".join(_absolute(text, base))
    what = "nothing matches" if "*" in text else "there is no such file or folder"
    placeholders = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
    return (
        f"source `{source.name}`: path `{text}`: {what} (looked for {looked}); expected a folder "
        "or an archive. Relative paths start at the recipe's folder, or at the current one for a "
        "recipe that comes with codecorpus; name other paths with --input, or one of "
        f"{placeholders}"
    )
