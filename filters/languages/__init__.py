"""Which of CodeGeeX's 23 languages a file is in, by path, file name, shebang and content.

The name decides where it can (`by_name`). Where several languages share an extension, the first
32 KiB of the content tell them apart (`by_content`); where name and extension say nothing, a
shebang or an Emacs mode line may. A shebang never overrules an extension of one language.
`table` lists all that is known of names, and what was chosen where customs differ.

Each row is judged alone: neither the order nor the size of a batch matters.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.filters.arrays import to_arrow
from codecorpus.filters.languages import classifier
from codecorpus.filters.languages.by_content import by_group, by_mode, by_shebang
from codecorpus.filters.languages.by_label import by_label
from codecorpus.filters.languages.by_name import (
    GROUPS,
    LANGUAGE_LOOKUP,
    NameVerdict,
    by_name,
    languages,
    not_source,
)
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.columns import ByteColumn

__all__ = ["CONFIDENCE", "LANGUAGES", "NameVerdict", "by_name", "detect", "not_source"]

PREFIX_BYTES = 32 << 10
"""Bytes of a text that the patterns search."""

CONFIDENCE = 0.5
"""How sure the content must make a language, unless a recipe says otherwise."""


def detect(
    paths: pa.Array,
    text: pa.Array,
    rows: NDArray[np.bool_] | None = None,
    said: pa.Array | None = None,
    *,
    confidence: float = CONFIDENCE,
) -> pa.Array:
    """The language of each file; null where it is unknown or none of the 23.

    Args:
        paths: string, the path inside the repository; null where the source has none.
        text: large_string or large_binary, whole texts in UTF-8; null reads as empty.
        rows: bool[n], the rows to look at; the others are null. All, if left out.
        said: string, what the source says, in its own spelling; it counts where the path says
            nothing, and then rules the content out. Nothing, if left out.
        confidence: of a file with neither path nor label, how sure its content must make it
            (`classifier.detect`).

    Returns:
        string, of LANGUAGES.
    """
    verdict = by_name(paths)
    codes = LANGUAGE_LOOKUP.codes(verdict.language)
    heads = ByteColumn.from_arrow(text).head(PREFIX_BYTES)
    wanted = np.ones(len(paths), np.bool_) if rows is None else rows
    codes[~wanted] = -1
    for group in np.unique(verdict.ambiguous[wanted]):
        if group:
            chosen = np.flatnonzero(wanted & (verdict.ambiguous == group))
            codes[chosen] = by_group(GROUPS[group], heads.select(chosen))
    undecided = wanted & verdict.undecided
    nameless = wanted & paths.is_null().to_numpy(zero_copy_only=False)
    if said is not None and said.null_count < len(said):
        heard = said.is_valid().to_numpy(zero_copy_only=False)
        chosen = np.flatnonzero((undecided | nameless) & heard)
        codes[chosen] = by_label(said.take(pa.array(chosen)))
        undecided &= ~heard
        nameless &= ~heard
    chosen = np.flatnonzero(undecided)
    if len(chosen):
        codes[chosen] = _by_first_lines(heads.select(chosen))
    chosen = np.flatnonzero(nameless)
    if len(chosen):
        told = classifier.detect(text.take(pa.array(chosen)), confidence=confidence)
        codes[chosen] = LANGUAGE_LOOKUP.codes(told)
    return languages(codes)


def _by_first_lines(heads: ByteColumn) -> NDArray[np.int64]:
    """What a shebang says, or else a mode line."""
    texts = to_arrow(heads)
    codes = by_shebang(texts)
    return np.where(codes < 0, by_mode(texts), codes)
