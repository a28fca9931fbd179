"""Many literals at once, in any case: which of them does each text hold?

An automaton after Aho and Corasick ("Efficient string matching", 1975) reads every byte once. It is
built at the first use; a regular expression of the same literals would be compiled anew for every
batch, which takes longer than the search.
"""

from collections import deque
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from foundation.columns import ByteColumn
from foundation.compiling import kernel


class Literals:
    """A set of ASCII literals to look for; letters match in either case.

    Args:
        literals: not empty; upper case is taken as lower case.

    Attributes:
        literals: the literals, sorted, in lower case; their positions are the search's columns.
    """

    def __init__(self, literals: Iterable[str]) -> None:
        self.literals = tuple(sorted({literal.lower() for literal in literals}))
        self._classes, self._next, found = _automaton([x.encode("ascii") for x in self.literals])
        self._bounds = np.cumsum([0, *map(len, found)]).astype(np.int64)
        self._found = np.array([number for numbers in found for number in numbers], np.int64)

    def search(self, column: ByteColumn) -> NDArray[np.bool_]:
        """bool[texts, literals], which text holds which literal."""
        hits = np.zeros((len(column), len(self.literals)), np.bool_)
        arrays = self._classes, self._next, self._bounds, self._found
        _search(column.data, column.starts, column.ends, *arrays, hits)
        return hits


def _automaton(
    literals: list[bytes],
) -> tuple[NDArray[np.uint8], NDArray[np.uint16], list[list[int]]]:
    """The classes of bytes, the state after each state and class, the literals of each state."""
    symbols = sorted({byte for literal in literals for byte in literal})
    classes = np.zeros(256, np.uint8)  # class 0: a byte of no literal
    for number, byte in enumerate(symbols, 1):
        classes[ord(chr(byte).upper())] = classes[byte] = number
    children: list[dict[int, int]] = [{}]
    found: list[list[int]] = [[]]
    for number, literal in enumerate(literals):
        state = 0
        for byte in literal:
            if classes[byte] not in children[state]:
                children[state][int(classes[byte])] = len(children)
                children.append({})
                found.append([])
            state = children[state][int(classes[byte])]
        found[state].append(number)
    return classes, _transitions(children, found, len(symbols) + 1), found


def _transitions(
    children: list[dict[int, int]], found: list[list[int]], width: int
) -> NDArray[np.uint16]:
    """Fill in where each state goes on when the trie does not; a state finds its suffixes' too."""
    table = np.zeros((len(children), width), np.uint16)
    waiting = deque([(0, 0)])  # a state, and the state of its longest proper suffix
    while waiting:
        state, suffix = waiting.popleft()
        if state:
            found[state] += found[suffix]
            table[state] = table[suffix]
        for symbol, child in children[state].items():
            waiting.append((child, int(table[state, symbol])))
            table[state, symbol] = child
    return table


@kernel
def _search(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    classes: NDArray[np.uint8],
    following: NDArray[np.uint16],
    bounds: NDArray[np.int64],
    found: NDArray[np.int64],
    hits: NDArray[np.bool_],
) -> None:
    """Run the automaton over each text; the caller guarantees that texts lie in `data`."""
    for i in range(len(starts)):
        state = np.int64(0)
        for at in range(starts[i], ends[i]):
            state = np.int64(following[state, classes[data[at]]])
            if bounds[state] != bounds[state + 1]:
                for k in range(bounds[state], bounds[state + 1]):
                    hits[i, found[k]] = True
