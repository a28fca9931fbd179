"""Finds the known name that a misspelt one was probably meant to be."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known name most similar to `word`, or None; ignores case and `-` versus `_`."""
    names = {name.lower().replace("-", "_"): name for name in known}
    similar = difflib.get_close_matches(word.lower().replace("-", "_"), names, n=1)
    return names[similar[0]] if similar else None
