"""What a file's path says: its language, a group of languages, or that it is no source code.

The last component of the path is looked up as a whole, then its extension: what follows the last
dot, if a character other than a dot stands before it (`.bashrc` has none, `a.tar.gz` has `gz`, and
of `a.` it is empty). Only `/` separates components.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.filters.arrays import to_arrow
from codecorpus.filters.languages import table
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

GROUPS: tuple[str, ...] = ("", *table.AMBIGUOUS)
"""What a code of `NameVerdict.ambiguous` means; 0 is no group."""

_VERSIONED_LIBRARY = r"(?s)[^./][^/]*\.so(?:\.\d+)+\z"
_TEMPLATE = r"(?i)\.blade\.php\z"

_NONE, _OTHER, _GROUP = -1, -2, 100
"""Codes: nothing known; known as none of the 23; a group, counted from here."""


class NameVerdict(NamedTuple):
    """What the names of a batch say, one entry a row.

    Attributes:
        language: string, null where the name does not settle it.
        ambiguous: int8, index into GROUPS where the content must tell, else 0.
        undecided: bool, neither the extension nor the name is known; a shebang may tell.
    """

    language: pa.Array
    ambiguous: NDArray[np.int8]
    undecided: NDArray[np.bool_]


def not_source(paths: pa.Array) -> NDArray[np.bool_]:
    """Where the name alone says that a file is no source code, so that it need not be read.

    Pictures, fonts, sound, film, archives, compiled code, documents, databases, weights. A null
    path says nothing.
    """
    base, extension = _split(paths)
    listed = pc.is_in(pc.ascii_lower(extension), _NOT_SOURCE)
    named = pc.is_in(base, _NOT_SOURCE_NAMES)
    mask: NDArray[np.bool_] = pc.or_(listed, named).to_numpy(zero_copy_only=False).copy()
    mask[_matching(paths, _mask(pc.match_substring(paths, ".so.")), _VERSIONED_LIBRARY)] = True
    return mask


def by_name(paths: pa.Array) -> NameVerdict:
    """What each path says; of a null path nothing is known, and no shebang is looked at.

    Args:
        paths: string or large_string.
    """
    base, extension = _split(paths)
    lower = pc.ascii_lower(extension)
    codes = _NAMES.codes(base)
    for lookup, keys in ((_CASED, extension), (_EXTENSIONS, lower)):
        codes = np.where(codes == _NONE, lookup.codes(keys), codes)
    codes[_matching(paths, _mask(pc.equal(lower, "php")), _TEMPLATE)] = _OTHER
    known = pc.is_valid(paths).to_numpy(zero_copy_only=False)
    return NameVerdict(
        language=languages(np.where(codes < _GROUP, codes, _NONE)),
        ambiguous=np.where(codes >= _GROUP, codes - _GROUP, 0).astype(np.int8),
        undecided=(codes == _NONE) & known,
    )


def languages(codes: NDArray[np.int64]) -> pa.Array:
    """Indices into LANGUAGES as names; null where negative."""
    return pa.array(table.LANGUAGES).take(pa.array(codes, pa.int64(), mask=codes < 0))


class Lookup:
    """From strings to codes, a column at a time.

    Args:
        codes: the code of each key; other strings have -1.
    """

    def __init__(self, codes: Mapping[str, int]) -> None:
        self._keys = pa.array(list(codes), pa.string())
        self._codes = np.array([*codes.values(), _NONE], np.int64)

    def codes(self, values: pa.Array) -> NDArray[np.int64]:
        """int64[n], the code of each value; null has -1."""
        if pa.types.is_large_string(values.type):
            values = values.cast(pa.string())
        found = pc.fill_null(pc.index_in(values, self._keys), len(self._keys))
        codes: NDArray[np.int64] = self._codes[found.to_numpy()]
        return codes


def words(lists: Mapping[str, str], codes: Mapping[str, int]) -> dict[str, int]:
    """A table of words by name (`{"C": "c idc"}`), turned round to word -> the name's code."""
    return {word: codes[name] for name, line in lists.items() for word in line.split()}


LANGUAGE_CODES = {name: code for code, name in enumerate(table.LANGUAGES)}
"""Each language's index in LANGUAGES."""

LANGUAGE_LOOKUP = Lookup(LANGUAGE_CODES)
"""The same, a column at a time."""


def _listed(*tables: Mapping[str, str]) -> list[str]:
    """All words of tables."""
    return [word for words_of in tables for line in words_of.values() for word in line.split()]


_NOT_SOURCE = pa.array(_listed(table.NOT_SOURCE))
_NOT_SOURCE_NAMES = pa.array(table.NOT_SOURCE_NAMES)
_NAMES = Lookup(words(table.FILE_NAMES, LANGUAGE_CODES))
_CASED = Lookup({key: LANGUAGE_CODES[name] for key, name in table.CASED.items()})
_EXTENSIONS = Lookup(
    dict.fromkeys(_listed(table.NOT_SOURCE, table.OTHER_EXTENSIONS), _OTHER)
    | words(table.EXTENSIONS, LANGUAGE_CODES)
    | words(table.AMBIGUOUS, {name: _GROUP + i for i, name in enumerate(GROUPS) if name})
)


def _split(paths: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The last component of each path, null of null, and its extension as written, or empty."""
    column = ByteColumn.from_arrow(paths)
    bases, extensions = np.empty_like(column.starts), np.empty_like(column.starts)
    _find(column.data, column.starts, column.ends, bases, extensions)
    base = to_arrow(ByteColumn(column.data, bases, column.ends))
    extension = to_arrow(ByteColumn(column.data, extensions, column.ends))
    base = pc.if_else(pc.is_valid(paths), base.cast(pa.string()), None)
    return base, extension.cast(pa.string())


def _matching(paths: pa.Array, likely: NDArray[np.bool_], pattern: str) -> NDArray[np.int64]:
    """The rows, of those that are likely, whose path matches: a pattern takes long to compile."""
    rows = np.flatnonzero(likely)
    if len(rows):
        rows = rows[_mask(pc.match_substring_regex(paths.take(pa.array(rows)), pattern))]
    return rows


def _mask(values: pa.Array) -> NDArray[np.bool_]:
    """A boolean array as a mask, null as False."""
    mask: NDArray[np.bool_] = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return mask


@kernel
def _find(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    bases: NDArray[np.int64],
    extensions: NDArray[np.int64],
) -> None:
    """Where the last component and its extension begin; an empty extension is at the end."""
    for i in range(len(starts)):
        at = ends[i]
        extensions[i] = ends[i]
        dotted = False  # a dot has been passed
        named = False  # and what stands before it is not dots alone
        while at > starts[i] and data[at - 1] != 47:  # '/'
            at -= 1
            if data[at] != 46:  # '.'
                named |= dotted
            elif not dotted:
                dotted = True
                extensions[i] = at + 1
        if not named:
            extensions[i] = ends[i]
        bases[i] = at
