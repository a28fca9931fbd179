"""Folders of the running Python installation, by the names that recipes give them.

They make a recipe that finds real source code on every machine, and reads the same everywhere.
"""

import re
import sysconfig

from codecorpus.filters.language_names import nearest
from codecorpus.filters.rule import refusal

PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "stdlib": ("stdlib",),
    "site-packages": ("purelib", "platlib"),
    "include": ("include",),
}
"""What a recipe calls a folder, and the names of `sysconfig.get_paths` that it stands for."""

_PLACEHOLDER = re.compile(r"\{([^{}/]*)\}(?=/|$)")


def check_placeholder(text: str) -> None:
    """Refuse a path that begins with a placeholder that is none."""
    found = _PLACEHOLDER.match(text)
    if found and found[1] not in PLACEHOLDERS:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        like = nearest(found[1], PLACEHOLDERS)
        hint = f"; did you mean `{{{like}}}`?" if like else ""
        raise refusal(f"got `{found[0]}`; expected a path or one of {known}{hint}")


def fill_placeholder(text: str) -> list[str]:
    """The paths that a path stands for: itself, or with its placeholder's folders in front."""
    found = _PLACEHOLDER.match(text)
    if not found:
        return [text]
    folders = sysconfig.get_paths()
    names = PLACEHOLDERS[found[1]]
    return list(dict.fromkeys(folders[name] + text[found.end() :] for name in names))
