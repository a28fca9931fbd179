r"""The class of every code point, from a frozen table of Unicode 16.

The table was extracted from the pre-tokenizer of `tokenizers` 0.23, whose classes define GPT-2's
word boundaries, so the tokenizer and `alphabet_ratio` agree on what a letter is. U+001C to U+001F
are not white space here, unlike in `str.isspace`.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

OTHER, LETTER, NUMBER, SPACE = 0, 1, 2, 3

CODE_POINTS = 0x110000


def _read_table() -> NDArray[np.uint8]:
    lines = (Path(__file__).parent / "character_classes.txt").read_text("ascii").splitlines()
    runs = [line.split() for line in lines if not line.startswith("#")]
    starts = np.array([int(first, 16) for first, _ in runs] + [CODE_POINTS])
    classes = np.array([int(number) for _, number in runs], np.uint8)
    return np.repeat(classes, np.diff(starts))


CLASSES: NDArray[np.uint8] = _read_table()
"""uint8[0x110000], the class of each code point; surrogates are OTHER."""
CLASSES.setflags(write=False)
