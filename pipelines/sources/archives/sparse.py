"""Members of a tar that are stored without their holes, put together again.

GNU tar writes where the stored pieces belong in four ways: its own, in the header and blocks behind
it, and formats 0.0, 0.1 and 1.0 in extended headers, the last with the map at the beginning of the
data (GNU tar manual, "Storing Sparse Files").
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np

from codecorpus.pipelines.sources.archives.tar_fields import BLOCK, number, padded
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError, UnreadableError

_MOST_PIECES: Final = 1 << 20


class Sparse(NamedTuple):
    """The size of the file itself, and where its pieces belong (None: the data begins with it)."""

    size: int
    pieces: list[tuple[int, int]] | None
    """Offset in the file and length of each stored piece, in bytes."""


def from_header(block: bytes, take_block: Callable[[], bytes]) -> Sparse:
    """The map of GNU tar's own format: four pieces in the header, 21 in each block behind it."""
    pieces = _pieces(block, 386, 4)
    more = block[482]
    while more:
        extension = take_block()
        pieces += _pieces(extension, 0, 21)
        more = extension[504] if len(pieces) < _MOST_PIECES else 0
    return Sparse(number(block[483:495]), pieces)


def from_records(records: list[tuple[bytes, bytes]]) -> Sparse | None:
    """The map of formats 0.0, 0.1 and 1.0, from the records of an extended header."""
    latest = dict(records)
    size = latest.get(b"GNU.sparse.realsize", latest.get(b"GNU.sparse.size"))
    if size is None:
        return None
    if latest.get(b"GNU.sparse.major") == b"1":
        return Sparse(number(size, 10), None)
    if b"GNU.sparse.map" in latest:
        values = [number(value, 10) for value in latest[b"GNU.sparse.map"].split(b",") if value]
    else:
        keys = {b"GNU.sparse.offset", b"GNU.sparse.numbytes"}
        values = [number(value, 10) for key, value in records if key in keys]
    return Sparse(number(size, 10), list(zip(values[::2], values[1::2], strict=False)))


def expand(sparse: Sparse, data: memoryview, into: memoryview) -> int:
    """Put the stored pieces of `data` where they belong, zeros between them.

    Raises:
        UnreadableError: the map does not fit the data.
    """
    try:
        pieces, at = (sparse.pieces, 0) if sparse.pieces is not None else _map_in(data)
    except DamagedError as error:  # of this member alone
        raise _misfit() from error
    np.frombuffer(into, np.uint8)[: sparse.size] = 0
    for offset, length in pieces:
        if offset + length > sparse.size or at + length > len(data):
            raise _misfit()
        into[offset : offset + length] = data[at : at + length]
        at += length
    return sparse.size


def _pieces(block: bytes, start: int, count: int) -> list[tuple[int, int]]:
    fields = [
        (number(block[at : at + 12]), number(block[at + 12 : at + 24]))
        for at in range(start, start + 24 * count, 24)
    ]
    return [(offset, length) for offset, length in fields if length]


def _map_in(data: memoryview) -> tuple[list[tuple[int, int]], int]:
    """The map that data of format 1.0 begins with, and where the pieces begin.

    A line each: how many pieces, then offset and length of each; filled up to whole blocks.
    """
    end = min(len(data), 8 * BLOCK)
    while True:
        lines = bytes(data[:end]).split(b"\n")
        needed = 1 + 2 * number(lines[0], 10) if len(lines) > 1 else 1
        if len(lines) > needed:
            break
        if end == len(data) or needed > _MOST_PIECES:
            raise _misfit()
        end = min(len(data), 2 * end)
    values = [number(line, 10) for line in lines[1:needed]]
    used = sum(len(line) + 1 for line in lines[:needed])
    return list(zip(values[::2], values[1::2], strict=True)), padded(used)


def _misfit() -> UnreadableError:
    return UnreadableError(ARCHIVE, "a sparse file whose map does not fit its data")
