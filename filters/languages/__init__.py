"""Detect which of CodeGeeX's 23 languages a file is in, from its path and content.

The path decides if it can (`by_name`). If several languages share the extension, the first 32 KiB
of the content decide (`by_content`). If neither file name nor extension is known, a shebang or an
Emacs mode line may decide; a shebang never overrides a known extension. A file without a path has
the language that its source claims (`by_label`), or else the classifier's. `table` lists all known
names, and the choices made where conventions differ.

The result for a row does not depend on the other rows of the batch.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.filters.arrays import to_arrow
from codecorpus.filters.languages import classifier
from codecorpus.filters.languages.by_content import by_extension_group, by_first_lines
from codecorpus.filters.languages.by_label import by_label
from codecorpus.filters.languages.by_name import (
    GROUP_NAMES,
    LANGUAGE_LOOKUP,
    NameVerdict,
    by_name,
    names_of,
    not_source,
)
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.filters.masks import to_mask
from codecorpus.foundation.columns import ByteColumn

__all__ = ["CONFIDENCE", "LANGUAGES", "NameVerdict", "by_name", "detect", "not_source"]

PREFIX_BYTES = 32 << 10
"""Bytes of a text that the patterns search."""

CONFIDENCE = 0.5
"""The default of the confidence that a language detected from content alone must reach."""


def detect(
    paths: pa.Array,
    text: pa.Array,
    rows: NDArray[np.bool_] | None = None,
    claimed_language: pa.Array | None = None,
    *,
    confidence: float = CONFIDENCE,
) -> pa.Array:
    """The language of each file; null if it is unknown or not one of the 23.

    Args:
        paths: string, the path inside the repository; null if the source has none.
        text: large_string or large_binary, whole texts in UTF-8; null is treated as empty.
        rows: bool[n], the rows to detect, by default all; the others are null.
        claimed_language: string, the source's own name for the language. Used if the path does not
            decide; the content is then ignored.
        confidence: for files with neither path nor claimed language, the confidence that the
            content must reach (`classifier.classify`).

    Returns:
        string, of LANGUAGES.
    """
    verdict = by_name(paths)
    codes = LANGUAGE_LOOKUP.codes(verdict.language)
    prefixes = ByteColumn.from_arrow(text).head(PREFIX_BYTES)
    wanted = np.ones(len(paths), np.bool_) if rows is None else rows
    codes[~wanted] = -1
    for group in np.unique(verdict.ambiguous[wanted]):
        if group:
            chosen = np.flatnonzero(wanted & (verdict.ambiguous == group))
            codes[chosen] = by_extension_group(GROUP_NAMES[group], prefixes.select(chosen))
    undecided = wanted & verdict.undecided
    without_path = wanted & to_mask(paths.is_null())
    if claimed_language is not None and claimed_language.null_count < len(claimed_language):
        claimed = to_mask(claimed_language.is_valid())
        chosen = np.flatnonzero((undecided | without_path) & claimed)
        codes[chosen] = by_label(claimed_language.take(pa.array(chosen)))
        undecided &= ~claimed
        without_path &= ~claimed
    chosen = np.flatnonzero(undecided)
    if len(chosen):
        codes[chosen] = by_first_lines(to_arrow(prefixes.select(chosen)))
    chosen = np.flatnonzero(without_path)
    if len(chosen):
        names = classifier.classify(text.take(pa.array(chosen)), confidence=confidence)
        codes[chosen] = LANGUAGE_LOOKUP.codes(names)
    return names_of(codes)
