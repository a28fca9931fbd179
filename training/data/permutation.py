"""A permutation that is computed, not stored: a Feistel network on the numbers below n.

The numbers are split into two halves of equal bits and pass six rounds; a result that is not below
n is permuted again, until it is (cycle walking; Black and Rogaway, "Ciphers with arbitrary finite
domains", CT-RSA 2002). So it is a bijection for any n, and any element costs the same.
"""

import hashlib
import struct
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel

_ROUNDS: Final = 6


def permute(
    indices: NDArray[np.int64], size: int, seed: int, group: int, epoch: int
) -> NDArray[np.int64]:
    """The permutation's values, int64[n].

    Args:
        indices: int64[n], each at least 0 and below `size`.
        size: of the permutation.
        seed: at least 0 and below 2**64, like the next two; each triple is another permutation.
        group: of rows.
        epoch: of the group.
    """
    digest = hashlib.blake2b(
        struct.pack("<3Q", seed, group, epoch), digest_size=8 * _ROUNDS, person=b"row order"
    ).digest()
    half = max(1, (max(size - 1, 1).bit_length() + 1) // 2)
    out = np.empty(len(indices), np.int64)
    _permute(indices, size, half, np.frombuffer(digest, np.uint64), out)
    return out


@kernel
def _permute(
    indices: NDArray[np.int64],
    size: int,
    half: int,
    keys: NDArray[np.uint64],
    out: NDArray[np.int64],
) -> None:
    """Fill `out`; the caller guarantees that `indices` are below `size`."""
    shift = np.uint64(half)
    mask = (np.uint64(1) << shift) - np.uint64(1)
    for position in range(len(indices)):
        value = np.uint64(indices[position])
        while True:
            left, right = value >> shift, value & mask
            for number in range(len(keys)):
                # The finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
                mixed = right ^ keys[number]
                mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                mixed ^= mixed >> np.uint64(31)
                left, right = right, left ^ (mixed & mask)
            value = (left << shift) | right
            if value < np.uint64(size):
                break
        out[position] = np.int64(value)
