"""Which members of JSON lines a source asks for, and what stands there as columns."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.foundation.simd64 import BLOCK
from codecorpus.pipelines.sources.jsonl.grammar import (
    BROKEN,
    NULL,
    NUMBER,
    OTHER,
    STRING,
    find_members,
)
from codecorpus.pipelines.sources.jsonl.strings import read_numbers, write_strings
from codecorpus.pipelines.sources.records import as_names

_KINDS: Final = {NULL: "null", NUMBER: "a number", OTHER: "no string"}

_NAME_BYTES: Final = 1 << 16  # a longer name is none


class Wish:
    """Members by name.

    Args:
        outer: names of members of each line's object.
        inside: of which of them the members are asked for too.
        inner: their names.
    """

    def __init__(self, outer: Sequence[str], inside: str = "", inner: Sequence[str] = ()) -> None:
        names = [inside, *outer, *inner]  # an empty name of no use stands for no object
        self.places = {name: place for place, name in enumerate(names)}
        encoded = [name.encode() for name in names]
        self.names = np.frombuffer(b"".join(encoded), np.uint8).copy()
        self.ends = np.cumsum([len(name) for name in encoded], dtype=np.int64)
        self.inner = np.array([False] * (1 + len(outer)) + [True] * len(inner), np.bool_)


class Lines:
    """The members of some lines; spans of the buffer that the lines lie in.

    Args:
        wish: the members asked for.
        data: uint8, the buffer, with PADDING bytes behind `end`.
        begin: where the first line begins.
        end: one past the last.
        most: lines to look at.
    """

    def __init__(
        self, wish: Wish, data: NDArray[np.uint8], begin: int, end: int, most: int
    ) -> None:
        self._wish, self._data = wish, data
        shape = (most, len(wish.ends))
        self._starts, self._ends = np.empty(shape, np.int64), np.empty(shape, np.int64)
        self._kinds, states = np.empty(shape, np.int8), np.empty(most, np.int8)
        self.count, self.stop = find_members(
            data,
            begin,
            end,
            wish.names,
            wish.ends,
            wish.inner,
            self._starts,
            self._ends,
            self._kinds,
            states,
        )
        self.broken: NDArray[np.bool_] = states[: self.count] == BROKEN

    def choose(self, rows: NDArray[np.bool_]) -> None:
        """Leave lines out for good."""
        self._starts, self._ends = self._starts[: self.count][rows], self._ends[: self.count][rows]
        self._kinds = self._kinds[: self.count][rows]
        self.broken = self.broken[rows]
        self.count = len(self.broken)

    def has(self, name: str, kind: int = STRING) -> NDArray[np.bool_]:
        """bool[count], whether a member is there and of a kind."""
        place = self._wish.places[name]
        found: NDArray[np.bool_] = self._kinds[: self.count, place] == kind
        return found & ~self.broken

    def missing(self, name: str) -> list[str]:
        """What each line has instead of a string, for people."""
        kinds = self._kinds[: self.count, self._wish.places[name]].tolist()
        return [_KINDS.get(kind, "missing") for kind in kinds]

    def texts(
        self, name: str, rows: NDArray[np.bool_], out: NDArray[np.uint8], most: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
        """Write strings out; their offsets, int64[count + 1], and what went wrong.

        Args:
            name: the member.
            rows: bool[count], which to write.
            out: uint8, takes them.
            most: bytes that one may have.
        """
        starts, ends = self._span(name)
        offsets, troubles = np.empty(self.count + 1, np.int64), np.empty(self.count, np.int8)
        write_strings(self._data, starts, ends, rows, out, most, offsets, troubles)
        return offsets, troubles

    def strings(self, name: str) -> pa.Array:
        """string[count], null where there is none or it cannot be written out."""
        rows = self.has(name)
        starts, ends = self._span(name)
        longest = int((ends - starts)[rows].sum())
        out = np.empty(longest + _NAME_BYTES + 2 * BLOCK, np.uint8)
        offsets, troubles = self.texts(name, rows, out, _NAME_BYTES)
        valid = np.packbits(rows & (troubles == 0), bitorder="little")
        buffers = [pa.py_buffer(part) for part in (valid, offsets, out)]
        return as_names(pa.Array.from_buffers(pa.large_binary(), self.count, buffers))

    def numbers(self, name: str) -> pa.Array:
        """int32[count] of whole numbers, or strings of their digits; null of anything else."""
        starts, ends = self._span(name)
        rows = self.has(name) | self.has(name, NUMBER)
        numbers = np.empty(self.count, np.int32)
        read_numbers(self._data, starts, ends, rows, numbers)
        return pa.array(numbers, mask=numbers < 0)

    def _span(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        place = self._wish.places[name]
        starts = np.ascontiguousarray(self._starts[: self.count, place])
        return starts, np.ascontiguousarray(self._ends[: self.count, place])
