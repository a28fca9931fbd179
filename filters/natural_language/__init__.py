"""Detect the natural language of a file's comments and docstrings, for a sample of the files.

A file is in the sample if the first 64 bits of its content id, as a fraction of 2**64, are below
the sample's share: the same files in every build, whatever their source, and a smaller sample is a
subset of a larger one.

Comments are extracted by a table of comment syntaxes (`syntaxes`), and their language is identified
by langid's weights (Lui and Baldwin, ACL 2012), summed as integers (`scoring`) so that the result
is the same on every processor. The result is an ISO 639 code if one language is clearly ahead, else
one of:

    none     fewer than MIN_LETTERS letters of comment, or no words among them
    unclear  no language is clearly ahead
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.filters.natural_language.comments import extract_comments
from codecorpus.filters.natural_language.model import NO_WORDS, load_model
from codecorpus.filters.natural_language.scoring import identify
from codecorpus.filters.natural_language.syntaxes import SYNTAXES
from codecorpus.foundation.columns import ByteColumn

MIN_LETTERS = 40
"""About seven words; fewer are not reliable."""
READ_BYTES = 64 << 10
"""Bytes of a file that are searched for comments."""
COMMENT_BYTES = 4 << 10
"""Bytes of comment that are used, from the start of the file."""

NONE, UNCLEAR = "none", "unclear"


def in_sample(content_ids: pa.FixedSizeBinaryArray, share: float) -> NDArray[np.bool_]:
    """Whether each file is in the sample, bool[n].

    Args:
        content_ids: 20 bytes each; the result for null is meaningless.
        share: the share of the files in the sample, from 0 to 1.
    """
    width, count = content_ids.type.byte_width, len(content_ids)
    if share >= 1 or not count:
        return np.ones(count, np.bool_)
    data = np.frombuffer(
        content_ids.buffers()[1], np.uint8, count * width, content_ids.offset * width
    )
    prefixes = np.ascontiguousarray(data.reshape(count, width)[:, :8]).view(">u8").ravel()
    below: NDArray[np.bool_] = prefixes < np.uint64(int(share * (1 << 64)))
    return below


def detect_in_comments(texts: ByteColumn, languages: pa.Array, rows: NDArray[np.bool_]) -> pa.Array:
    """The natural language of each file's comments.

    Args:
        texts: whole files in UTF-8.
        languages: string, the programming languages; files in none of LANGUAGES are skipped.
        rows: bool[n], the files to examine.

    Returns:
        string, null for files that were not examined.
    """
    found: list[str | None] = [None] * len(rows)
    chosen = np.flatnonzero(rows)
    for row, language in zip(
        chosen.tolist(), languages.take(pa.array(chosen)).to_pylist(), strict=True
    ):
        if language in SYNTAXES:
            begin, end = int(texts.starts[row]), int(texts.ends[row])
            found[row] = _comment_language(
                texts.data, begin, min(end, begin + READ_BYTES), language
            )
    return pa.array(found, pa.string())


def _comment_language(data: NDArray[np.uint8], begin: int, end: int, language: str) -> str:
    comment, letters = extract_comments(data, begin, end, SYNTAXES[language], COMMENT_BYTES)
    if letters < MIN_LETTERS:
        return NONE
    found = identify(comment, load_model())
    return NONE if found == NO_WORDS else found or UNCLEAR


assert SYNTAXES.keys() == set(LANGUAGES)
