"""Hashed shingles (token n-grams); near duplicates have similar sets of them.

A token is a maximal run of ASCII letters, digits, underscores and bytes above 127; white space and
punctuation between tokens are ignored. A shingle is `ngram` consecutive tokens, hashed to 64 bits.
A file with fewer tokens than that, but at least one, has a single shingle of all its tokens.

Bytes are classified eight at a time by arithmetic within a word, token boundaries are found by bit
operations, and tokens are hashed eight bytes at a time: no step branches on a byte. Everything is
integer arithmetic modulo 2**64, the same on every machine.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.bitops import load64, trailing_zeros
from codecorpus.foundation.columns import ByteColumn, read_only
from codecorpus.foundation.compiling import inlined, kernel
from codecorpus.foundation.errors import UsageError

MIN_TOKENS = 10
"""Shorter files are not compared: their similarity would mean nothing."""

CHUNK = 4096
"""Bytes scanned in one step, a multiple of 64; the workspace then fits in the first-level cache."""

_ODD_1, _ODD_2, _ODD_3 = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xD6E8FEB86659FD93),
    np.uint64(0xA0761D6478BD642F),
)
_BASE = np.uint64(0x8CB92BA72F3D8DD7)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)

_LOW_SEVEN = np.uint64(0x7F7F7F7F7F7F7F7F)
_HIGH = np.uint64(0x8080808080808080)
_FROM_0, _FROM_COLON = np.uint64(0x5050505050505050), np.uint64(0x4646464646464646)
_FROM_A, _FROM_BRACE = np.uint64(0x1F1F1F1F1F1F1F1F), np.uint64(0x0505050505050505)
_CASE, _UNDERSCORE = np.uint64(0x2020202020202020), np.uint64(0x5F5F5F5F5F5F5F5F)
_GATHER = np.uint64(0x0102040810204080)

_KEEP: NDArray[np.uint64] = np.array(
    [0, *((1 << (8 * size)) - 1 for size in range(1, 9))], np.uint64
)
"""Masks of the first 0 to 8 bytes of a word."""

INITIAL_STATE = (-1, 0, np.uint64(0))
"""The state of `shingle_chunk` at the start of a file."""


@dataclass(frozen=True)
class Shingles:
    """The hashed shingles of `n` files.

    Attributes:
        hashes: uint64, the shingles of all files, concatenated.
        offsets: int64[n + 1], where each file's shingles begin and end.
        tokens: int64[n], the number of tokens of each file.
    """

    hashes: NDArray[np.uint64]
    offsets: NDArray[np.int64]
    tokens: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.tokens)

    def distinct(self) -> "Shingles":
        """The sorted set of each file's shingles."""
        hashes = self.hashes.copy()
        offsets = _make_distinct(hashes, self.offsets)
        return Shingles(hashes[: offsets[-1]], offsets, self.tokens)


def shingle(column: ByteColumn, ngram: int) -> Shingles:
    """All shingles of each file, in order and with repeats.

    Args:
        column: the files' bytes.
        ngram: tokens in a shingle, at least 1.
    """
    check_ngram(ngram)
    room = int(column.sizes.sum() + 1) // 2 + len(column)
    hashes = np.empty(room + CHUNK, np.uint64)
    offsets = np.zeros(len(column) + 1, np.int64)
    tokens = np.empty(len(column), np.int64)
    _shingle_files(*kernel_view(column), ngram, hashes, offsets, tokens)
    return Shingles(hashes[: offsets[-1]].copy(), offsets, tokens)


def check_ngram(ngram: int) -> None:
    """Raise UsageError unless `ngram` is at least 1."""
    if ngram < 1:
        raise UsageError(f"ngram is {ngram}; a shingle needs at least 1 token: set it to 1 or more")


def kernel_view(
    column: ByteColumn,
) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64]]:
    """Data, starts and ends, always of the same types, so that kernels compile only once."""
    return read_only(column.data), column.starts.copy(), column.ends.copy()


@inlined
def mix64(value: np.uint64) -> np.uint64:
    """A bijection of 64-bit words in which every output bit depends on every input bit.

    Stafford's 13th variant of MurmurHash3's finaliser (in SplittableRandom: Steele, Lea and Flood,
    OOPSLA 2014).
    """
    value = (value ^ (value >> np.uint64(30))) * _MIX_1
    value = (value ^ (value >> np.uint64(27))) * _MIX_2
    return value ^ (value >> np.uint64(31))


@kernel
def new_workspace(ngram: int) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Buffers of `shingle_chunk`: token boundaries, and token hashes after `ngram` earlier ones."""
    return np.empty(CHUNK + 2, np.int64), np.zeros(CHUNK // 2 + 1 + ngram, np.uint64)


@inlined
def _word_bytes(word: np.uint64) -> np.uint64:
    """Eight bits, one per byte of `word`, set if the byte belongs to a token."""
    low = word & _LOW_SEVEN
    lower = low | _CASE
    letters = (lower + _FROM_A) & ~(lower + _FROM_BRACE)
    digits = (low + _FROM_0) & ~(low + _FROM_COLON)
    underscores = ~((low ^ _UNDERSCORE) + _LOW_SEVEN)
    marks = (word | letters | digits | underscores) & _HIGH
    return ((marks >> np.uint64(7)) * _GATHER) >> np.uint64(56)


@kernel
def _load_tail(data: NDArray[np.uint8], position: int) -> np.uint64:
    """The word at `position`, near the buffer's end, with zeros for bytes past the end."""
    word = np.uint64(0)
    for offset in range(min(8, len(data) - position)):
        word |= np.uint64(data[position + offset]) << np.uint64(8 * offset)
    return word


@kernel
def _find_edges(
    data: NDArray[np.uint8],
    begin: int,
    end: int,
    inside: np.uint64,
    edges: NDArray[np.int64],
    count: int,
) -> tuple[np.uint64, int]:
    """Append the token boundaries in `data[begin:end]`; returns if a token is open at `end`."""
    position = begin
    while position < end:
        mask = np.uint64(0)
        if position + 64 <= len(data):
            for index in range(8):
                word = load64(data, position + 8 * index)
                mask |= _word_bytes(word) << np.uint64(8 * index)
        else:
            for index in range(8):
                word = _load_tail(data, position + 8 * index)
                mask |= _word_bytes(word) << np.uint64(8 * index)
        if end - position < 64:
            mask &= (np.uint64(1) << np.uint64(end - position)) - np.uint64(1)
        changes = mask ^ ((mask << np.uint64(1)) | inside)
        inside = mask >> np.uint64(63)
        while changes != np.uint64(0):
            edges[count] = position + np.int64(trailing_zeros(changes))
            count += 1
            changes &= changes - np.uint64(1)
        position += 64
    return inside, count


@inlined
def _hash_token(data: NDArray[np.uint8], begin: int, end: int) -> np.uint64:
    """A 64-bit hash of a token's bytes and length."""
    size = end - begin
    if begin + 16 <= len(data):
        first = load64(data, begin)
        second = load64(data, begin + 8)
    else:
        first = _load_tail(data, begin)
        second = _load_tail(data, begin + 8)
    first &= _KEEP[min(size, 8)]
    second = (second & _KEEP[min(max(size - 8, 0), 8)]) * _ODD_2
    value: np.uint64 = (first ^ (second >> np.uint64(32)) ^ (second << np.uint64(32))) * _ODD_1
    for position in range(begin + 16, end, 8):
        inside = position + 8 <= len(data)
        word = load64(data, position) if inside else _load_tail(data, position)
        word &= _KEEP[min(end - position, 8)]
        value = ((value ^ (value >> np.uint64(29))) + word) * _ODD_3
    value += np.uint64(size) * _ODD_3
    return value ^ (value >> np.uint64(32))


@kernel
def shingle_chunk(
    data: NDArray[np.uint8],
    begin: int,
    stop: int,
    end: int,
    ngram: int,
    seed: np.uint64,
    state: tuple[int, int, np.uint64],
    work: tuple[NDArray[np.int64], NDArray[np.uint64]],
    out: NDArray[np.uint64],
    place: int,
) -> tuple[int, tuple[int, int, np.uint64]]:
    """Hash the shingles whose last token ends in `data[begin:stop]`.

    Args:
        data: the buffer; only `data[begin:end]` belongs to the file.
        begin: start of the chunk; a file is read in chunks of `CHUNK` bytes from its start.
        stop: end of the chunk, `min(begin + CHUNK, end)`.
        end: end of the file.
        ngram: tokens in a shingle.
        seed: added before the final mixing; different seeds give unrelated hashes.
        state: start of the open token or -1, tokens so far, rolling sum; first `INITIAL_STATE`.
        work: from `new_workspace(ngram)`, the same one for all chunks of a file.
        out: receives the hashes; needs room for `CHUNK // 2 + 1` from `place` on.
        place: index in `out` of the first hash.

    Returns:
        One past the last hash written, and the state for the next chunk. A shingle's hash is the
        Karp-Rabin rolling hash `hash(t1) * B**(n-1) + ... + hash(tn)` modulo 2**64 (IBM Journal of
        Research and Development 31, 1987), mixed by `mix64`.
    """
    edges, hashes = work
    start, tokens, rolling = state
    if tokens == 0:
        hashes[:ngram] = np.uint64(0)
    count = 0
    inside = np.uint64(0)
    if start >= 0:
        edges[0] = start
        count = 1
        inside = np.uint64(1)
    inside, count = _find_edges(data, begin, stop, inside, edges, count)
    if inside != np.uint64(0) and stop == end:
        edges[count] = end
        count += 1
        inside = np.uint64(0)
    found = count >> 1
    for index in range(found):
        hashes[ngram + index] = _hash_token(data, edges[2 * index], edges[2 * index + 1])
    leaving = np.uint64(1)
    for _ in range(ngram):
        leaving *= _BASE
    waiting = max(min(ngram - 1 - tokens, found), 0)
    for index in range(waiting):
        rolling = rolling * _BASE + hashes[ngram + index]
    for index in range(waiting, found):
        rolling = rolling * _BASE + hashes[ngram + index] - hashes[index] * leaving
        out[place] = mix64(rolling + seed)
        place += 1
    tokens += found
    for index in range(ngram):
        hashes[index] = hashes[found + index]
    if stop == end and 0 < tokens < ngram:
        out[place] = mix64(rolling + seed)
        place += 1
    return place, (edges[count - 1] if inside != np.uint64(0) else -1, tokens, rolling)


@kernel
def _shingle_files(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    ngram: int,
    hashes: NDArray[np.uint64],
    offsets: NDArray[np.int64],
    tokens: NDArray[np.int64],
) -> None:
    work = new_workspace(ngram)
    place = 0
    for row in range(len(starts)):
        state = INITIAL_STATE
        end = ends[row]
        for begin in range(starts[row], end, CHUNK):
            stop = min(begin + CHUNK, end)
            place, state = shingle_chunk(
                data, begin, stop, end, ngram, np.uint64(0), state, work, hashes, place
            )
        offsets[row + 1] = place
        tokens[row] = state[1]


@kernel
def _make_distinct(hashes: NDArray[np.uint64], offsets: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sort each file's hashes and remove repeats, in place; returns the new offsets."""
    shrunk = np.zeros(len(offsets), np.int64)
    place = 0
    for row in range(len(offsets) - 1):
        part = hashes[offsets[row] : offsets[row + 1]]
        part.sort()
        for index in range(len(part)):
            if index == 0 or part[index] != part[index - 1]:
                hashes[place] = part[index]
                place += 1
        shrunk[row + 1] = place
    return shrunk
