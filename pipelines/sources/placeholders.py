"""Placeholders in paths, such as `{stdlib}`, for folders of the running Python installation.

With them, one recipe text finds real source code on every machine.
"""

import re
import sysconfig

from codecorpus.foundation.config_files.refusals import refusal
from codecorpus.foundation.config_files.suggestions import nearest

PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "stdlib": ("stdlib",),
    "site-packages": ("purelib", "platlib"),
    "include": ("include",),
}
"""Placeholder to the keys of `sysconfig.get_paths` whose folders replace it."""

_PLACEHOLDER = re.compile(r"\{([^{}/]*)\}(?=/|$)")


def check_placeholder(text: str) -> None:
    """Refuse a path that begins with an unknown placeholder."""
    found = _PLACEHOLDER.match(text)
    if found and found[1] not in PLACEHOLDERS:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        like = nearest(found[1], PLACEHOLDERS)
        hint = f"; did you mean `{{{like}}}`?" if like else ""
        raise refusal(f"got `{found[0]}`; expected a path or one of {known}{hint}")


def fill_placeholder(text: str) -> list[str]:
    """Return the path itself, or one path for each distinct folder of its placeholder."""
    found = _PLACEHOLDER.match(text)
    if not found:
        return [text]
    folders = sysconfig.get_paths()
    names = PLACEHOLDERS[found[1]]
    return list(dict.fromkeys(folders[name] + text[found.end() :] for name in names))
