"""In which natural language a file's comments and docstrings are, for a sample of the files.

A file is of the sample if the first 64 bits of its content id, as a share of all such numbers, lie
below the sample's share: the same files in every build, wherever they come from, and those of a
smaller sample are among those of a larger one.

The comments are found by a small table of syntaxes (`syntaxes`), and their language by the weights
of langid (Lui and Baldwin, ACL 2012), summed as whole numbers (`scoring`), so that every processor
answers alike. An ISO 639 code is given where comments speak for one language clearly; else one of:

    none     fewer than MIN_LETTERS letters of comment, or no words in it
    unclear  no language is ahead of the others
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
"""A comment of fewer says little: about seven words."""
READ_BYTES = 64 << 10
"""Bytes of a file that are looked through."""
COMMENT_BYTES = 4 << 10
"""Bytes of comment that are taken, the first ones."""

NONE, UNCLEAR = "none", "unclear"


def in_sample(content_ids: pa.FixedSizeBinaryArray, share: float) -> NDArray[np.bool_]:
    """bool[n], which files are of the sample.

    Args:
        content_ids: of 20 bytes; where null, the answer is of no meaning.
        share: of all files, from 0 to 1.
    """
    width, count = content_ids.type.byte_width, len(content_ids)
    if share >= 1 or not count:
        return np.ones(count, np.bool_)
    data = np.frombuffer(
        content_ids.buffers()[1], np.uint8, count * width, content_ids.offset * width
    )
    heads = np.ascontiguousarray(data.reshape(count, width)[:, :8]).view(">u8").ravel()
    below: NDArray[np.bool_] = heads < np.uint64(int(share * (1 << 64)))
    return below


def detect_in_comments(texts: ByteColumn, languages: pa.Array, rows: NDArray[np.bool_]) -> pa.Array:
    """The natural language of files' comments.

    Args:
        texts: whole files in UTF-8.
        languages: string, of LANGUAGES; of other files nothing is said.
        rows: bool[n], the files to look at.

    Returns:
        string, null where nothing was looked at.
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
    answer = identify(comment, load_model())
    if answer == NO_WORDS:
        return NONE
    return answer or UNCLEAR


assert SYNTAXES.keys() == set(LANGUAGES)
