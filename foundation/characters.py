r"""The class of every code point, by one frozen table of Unicode 16.

The table was read out of the pre-tokenizer of `tokenizers` 0.23, whose classes decide where GPT-2's
pattern cuts, so the tokenizer and the share of letters agree on what a letter is. U+001C to U+001F
are not white space here, although `str.isspace` says so.
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
