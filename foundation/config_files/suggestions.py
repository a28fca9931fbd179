"""Find the known word that a misspelt one most likely stands for."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most similar to `word`, or None; ignores case and `-` versus `_`."""
    words = {name.lower().replace("-", "_"): name for name in known}
    similar = difflib.get_close_matches(word.lower().replace("-", "_"), words, n=1)
    return words[similar[0]] if similar else None


def suggestion(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown word: the nearest known word, else all known words."""
    known = list(known)
    like = nearest(word, known)
    return f"did you mean `{like}`?" if like else f"known: {', '.join(known)}"
