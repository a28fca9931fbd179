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

from filters.languages.by_content import by_group, by_mode, by_shebang
from filters.languages.by_name import (
    GROUPS,
    LANGUAGE_LOOKUP,
    NameVerdict,
    by_name,
    languages,
    not_source,
)
from filters.languages.heads import HEAD, to_arrow
from filters.languages.table import LANGUAGES
from foundation.columns import ByteColumn

__all__ = ["LANGUAGES", "NameVerdict", "by_name", "detect", "not_source"]


def detect(paths: pa.Array, text: pa.Array, rows: NDArray[np.bool_] | None = None) -> pa.Array:
    """The language of each file; null where it is unknown or none of the 23.

    Args:
        paths: string, the path inside the repository; null where the source has none, which gives
            null here.
        text: large_string or large_binary, whole texts in UTF-8; null reads as empty.
        rows: bool[n], the rows to look at; the others are null. All, if left out.

    Returns:
        string, of LANGUAGES.
    """
    verdict = by_name(paths)
    codes = LANGUAGE_LOOKUP.codes(verdict.language)
    heads = ByteColumn.from_arrow(text).head(HEAD)
    wanted = np.ones(len(paths), np.bool_) if rows is None else rows
    codes[~wanted] = -1
    for group in np.unique(verdict.ambiguous[wanted]):
        if group:
            chosen = np.flatnonzero(wanted & (verdict.ambiguous == group))
            codes[chosen] = by_group(GROUPS[group], heads.select(chosen))
    chosen = np.flatnonzero(wanted & verdict.undecided)
    if len(chosen):
        codes[chosen] = _by_first_lines(heads.select(chosen))
    return languages(codes)


def _by_first_lines(heads: ByteColumn) -> NDArray[np.int64]:
    """What a shebang says, or else a mode line."""
    texts = to_arrow(heads)
    codes = by_shebang(texts)
    return np.where(codes < 0, by_mode(texts), codes)
