"""Search many literals at once, ignoring case.

The key of a literal is the four bytes of it that are rarest in source code. A hash table of the
keys is looked up at each byte of a text, and literals are compared only where a key matches; the
lookups do not depend on each other. (An Aho-Corasick automaton, which reads byte by byte, took
twice as long. A regular expression of the literals would be compiled for every batch, which takes
longer than either.)
"""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import load64
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import inlined, kernel

SHORTEST = 4
"""Bytes in a key."""

_BITS = 14
_MULTIPLIER = np.uint64(0x9E3779B1)
_KEY, _CASE = np.uint64(0xFFFFFFFF), np.uint64(0x20202020)
_SHIFT, _SLOT = np.uint64(32 - _BITS), np.uint64((1 << _BITS) - 1)
_COMMON = "xzqjvkybwgpfmuhldcsrnioate "
"""Bytes from rare to common; unlisted ones are rarer. This affects only the speed."""


class Literals:
    """A set of ASCII literals to search for, ignoring case.

    Args:
        literals: of at least SHORTEST bytes.

    Attributes:
        literals: in lower case, sorted; the columns of `search`.

    Raises:
        ValueError: a literal is too short.
    """

    def __init__(self, literals: Iterable[str]) -> None:
        self.literals = tuple(sorted({literal.lower() for literal in literals}))
        if short := [literal for literal in self.literals if len(literal) < SHORTEST]:
            raise ValueError(f"got the literal {short[0]!r}, expected {SHORTEST} bytes or more")
        keys = [_key(literal) for literal in self.literals]
        slots: dict[int, list[int]] = defaultdict(list)
        for number, (literal, key) in enumerate(zip(self.literals, keys, strict=True)):
            word = int.from_bytes(literal[key : key + SHORTEST].encode("ascii"), "little")
            slots[int(_slot(np.uint64(word)))].append(number)
        self._used = np.array([slot in slots for slot in range(1 << _BITS)], np.uint8)
        self._numbers = (
            _offsets([len(slots.get(slot, ())) for slot in range(1 << _BITS)]),
            np.array([number for slot in sorted(slots) for number in slots[slot]], np.int64),
            np.array(keys, np.int64),
            _offsets(list(map(len, self.literals))),
        )
        self._text = np.frombuffer("".join(self.literals).encode("ascii"), np.uint8)

    def search(self, column: ByteColumn) -> NDArray[np.bool_]:
        """bool[texts, literals], whether the text contains the literal."""
        hits = np.zeros((len(column), len(self.literals)), np.bool_)
        spans = column.data, column.starts, column.ends
        _search(*spans, self._used, self._numbers, self._text, hits)
        return hits


def _key(literal: str) -> int:
    """The offset of the four bytes of a literal that are probably the rarest."""
    windows = range(len(literal) - SHORTEST + 1)
    return min(windows, key=lambda at: sum(map(_COMMON.find, literal[at : at + SHORTEST])))


def _offsets(sizes: list[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *sizes], dtype=np.int64)


@inlined
def _slot(word: np.uint64) -> np.int64:
    """The hash slot of the first four bytes of a word, ignoring case."""
    return np.int64((((word & _KEY) | _CASE) * _MULTIPLIER) >> _SHIFT & _SLOT)


@inlined
def _lower(byte: np.uint8) -> np.uint8:
    return byte + np.uint8(32) if 65 <= byte <= 90 else byte


@kernel
def _compare(
    data: NDArray[np.uint8],
    start: int,
    end: int,
    at: int,
    slot: np.int64,
    literals: tuple[NDArray[np.int64], ...],
    text: NDArray[np.uint8],
    hits: NDArray[np.bool_],
) -> None:
    """Record the literals of a slot whose key is at `at` and that match the text there."""
    table, members, keys, bounds = literals
    for index in range(table[slot], table[slot + 1]):
        number = members[index]
        first = at - keys[number]
        length = bounds[number + 1] - bounds[number]
        if first < start or first + length > end:
            continue
        equal = 0
        while equal < length and _lower(data[first + equal]) == text[bounds[number] + equal]:
            equal += 1
        hits[number] |= equal == length


@kernel
def _search(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    used: NDArray[np.uint8],
    literals: tuple[NDArray[np.int64], ...],
    text: NDArray[np.uint8],
    hits: NDArray[np.bool_],
) -> None:
    """Look up every four bytes of each text; the caller guarantees that texts are inside `data`.

    `used` is 1 for each slot that has literals.
    """
    for row in range(len(starts)):
        start, end = starts[row], ends[row]
        at = start
        wide = min(end, len(data)) - 8
        while at <= wide:
            word = load64(data, at)
            first, second = _slot(word), _slot(word >> np.uint64(8))
            third, fourth = _slot(word >> np.uint64(16)), _slot(word >> np.uint64(24))
            if used[first] | used[second] | used[third] | used[fourth]:
                for slot in (first, second, third, fourth):
                    if used[slot]:
                        _compare(data, start, end, at, slot, literals, text, hits[row])
                    at += 1
            else:
                at += 4
        while at <= end - SHORTEST:
            word = np.uint64(0)
            for index in range(SHORTEST):
                word |= np.uint64(data[at + index]) << np.uint64(8 * index)
            if used[_slot(word)]:
                _compare(data, start, end, at, _slot(word), literals, text, hits[row])
            at += 1
