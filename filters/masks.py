"""Masks: bool[n] of the rows of a batch. Needs no kernels, so rules load without a compiler."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def to_mask(values: pa.Array) -> Mask:
    """A boolean array as bool[n]; null becomes False."""
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return mask


def matches_pattern(values: pa.Array, pattern: str) -> Mask:
    """bool[n], where the RE2 pattern is found in a value; False for null."""
    return to_mask(pc.match_substring_regex(values, pattern))
