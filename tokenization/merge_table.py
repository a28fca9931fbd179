"""The merges of a vocabulary, as a hash table from pairs of ids to ranks."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel
from codecorpus.tokenization.byte_alphabet import CHARACTERS
from codecorpus.tokenization.vocabulary import Vocabulary

NO_MERGE = 1 << 30

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd
_RANK_BITS = 31
_RANK_MASK = (1 << _RANK_BITS) - 1


class MergeTable(NamedTuple):
    """The merges as arrays for kernels.

    Attributes:
        byte_ids: uint16[256], the id of each single byte.
        slots: int64[a power of two], a hash table with linear probing: left id << 47 | right id
            << 31 | rank, or -1 for an empty slot; at most half full.
        shift: right shift that turns a 64-bit product into a slot number.
        merged: uint16[merges], the id that each merge produces, by rank.
        byte_ranks: int32[65536], by first byte << 8 | second byte: the rank of the merge of two
            bytes, or NO_MERGE. The encoding of every word starts with these.
    """

    byte_ids: NDArray[np.uint16]
    slots: NDArray[np.int64]
    shift: np.uint64
    merged: NDArray[np.uint16]
    byte_ranks: NDArray[np.int32]


def build_merge_table(vocabulary: Vocabulary) -> MergeTable:
    """Build the table of a vocabulary's merges."""
    vocab = vocabulary.vocab
    id_pairs = [vocab[left] << 16 | vocab[right] for left, right in vocabulary.merges]
    bits = max(4, (2 * len(id_pairs)).bit_length())
    slots = np.full(1 << bits, -1, np.int64)
    shift = np.uint64(64 - bits)
    _fill_slots(np.array(id_pairs, np.int64), slots, shift)
    byte_ids = np.array([vocab[character] for character in CHARACTERS], np.uint16)
    byte_ranks = np.empty(1 << 16, np.int32)
    _fill_byte_ranks(byte_ids, slots, shift, byte_ranks)
    merged = np.array([vocab[left + right] for left, right in vocabulary.merges], np.uint16)
    return MergeTable(byte_ids, slots, shift, merged, byte_ranks)


@kernel
def _home_slot(pair: np.int64, shift: np.uint64) -> np.int64:
    return np.int64((np.uint64(pair) * _MULTIPLIER) >> shift)


@kernel
def _fill_slots(pairs: NDArray[np.int64], slots: NDArray[np.int64], shift: np.uint64) -> None:
    for rank in range(len(pairs)):
        slot = _home_slot(pairs[rank], shift)
        while slots[slot] >= 0:
            slot = (slot + 1) & (len(slots) - 1)
        slots[slot] = pairs[rank] << _RANK_BITS | rank


@kernel
def merge_rank(
    slots: NDArray[np.int64], shift: np.uint64, left: np.uint16, right: np.uint16
) -> np.int64:
    """The rank of the merge of two ids, or NO_MERGE."""
    pair = np.int64(left) << 16 | np.int64(right)
    slot = _home_slot(pair, shift)
    while True:
        entry = np.int64(slots[slot])
        if entry < 0:
            return np.int64(NO_MERGE)
        if entry >> _RANK_BITS == pair:
            return entry & _RANK_MASK
        slot = (slot + 1) & (len(slots) - 1)


@kernel
def _fill_byte_ranks(
    byte_ids: NDArray[np.uint16],
    slots: NDArray[np.int64],
    shift: np.uint64,
    byte_ranks: NDArray[np.int32],
) -> None:
    for pair in range(len(byte_ranks)):
        byte_ranks[pair] = merge_rank(slots, shift, byte_ids[pair >> 8], byte_ids[pair & 0xFF])
