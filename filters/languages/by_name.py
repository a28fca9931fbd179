"""Detect from a file's path its language, a group of languages, or that it is not source code.

The last component of the path is looked up as a whole, then its extension: the part after the last
dot, if any character before it is not a dot (`.bashrc` has no extension, that of `a.tar.gz` is
`gz`, and that of `a.` is empty). Only `/` separates components.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.filters.arrays import to_arrow
from codecorpus.filters.languages import table
from codecorpus.filters.masks import matches_pattern, to_mask
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

GROUP_NAMES: tuple[str, ...] = ("", *table.AMBIGUOUS)
"""The groups by their codes in `NameVerdict.ambiguous`; 0 means no group."""

_VERSIONED_LIBRARY = r"(?s)[^./][^/]*\.so(?:\.\d+)+\z"
_BLADE_TEMPLATE = r"(?i)\.blade\.php\z"

_NONE, _OTHER, _GROUP = -1, -2, 100
"""Codes: unknown; known, but not one of the 23 languages; the first group."""


class NameVerdict(NamedTuple):
    """What the paths of a batch show, one entry per row.

    Attributes:
        language: string, null if the name does not decide.
        ambiguous: int8, index into GROUP_NAMES if the content must decide, else 0.
        undecided: bool, whether both name and extension are unknown; a shebang may decide.
    """

    language: pa.Array
    ambiguous: NDArray[np.int8]
    undecided: NDArray[np.bool_]


def not_source(paths: pa.Array) -> NDArray[np.bool_]:
    """bool[n], whether the name alone shows that a file is not source code and need not be read.

    Images, fonts, audio, video, archives, compiled code, documents, databases, model weights. False
    for a null path.
    """
    name, extension = _split(paths)
    by_extension = pc.is_in(pc.ascii_lower(extension), _NOT_SOURCE)
    mask = to_mask(pc.or_(by_extension, pc.is_in(name, _NOT_SOURCE_NAMES))).copy()
    mask[_matching(paths, pc.match_substring(paths, ".so."), _VERSIONED_LIBRARY)] = True
    return mask


def by_name(paths: pa.Array) -> NameVerdict:
    """What each path shows; for a null path nothing, and `undecided` is False.

    Args:
        paths: string or large_string.
    """
    name, extension = _split(paths)
    lower = pc.ascii_lower(extension)
    codes = _NAMES.codes(name)
    for lookup, keys in ((_CASED, extension), (_EXTENSIONS, lower)):
        codes = np.where(codes == _NONE, lookup.codes(keys), codes)
    codes[_matching(paths, pc.equal(lower, "php"), _BLADE_TEMPLATE)] = _OTHER
    return NameVerdict(
        language=names_of(np.where(codes < _GROUP, codes, _NONE)),
        ambiguous=np.where(codes >= _GROUP, codes - _GROUP, 0).astype(np.int8),
        undecided=(codes == _NONE) & to_mask(pc.is_valid(paths)),
    )


def names_of(codes: NDArray[np.int64]) -> pa.Array:
    """The names of indices into LANGUAGES; null if negative."""
    return pa.array(table.LANGUAGES).take(pa.array(codes, pa.int64(), mask=codes < 0))


class Lookup:
    """A table from strings to codes that is applied to whole columns.

    Args:
        codes: the code of each key; other strings map to -1.
    """

    def __init__(self, codes: Mapping[str, int]) -> None:
        self._keys = pa.array(list(codes), pa.string())
        self._codes = np.array([*codes.values(), _NONE], np.int64)

    def codes(self, values: pa.Array) -> NDArray[np.int64]:
        """The code of each value, int64[n]; -1 for null."""
        if pa.types.is_large_string(values.type):
            values = values.cast(pa.string())
        found = pc.fill_null(pc.index_in(values, self._keys), len(self._keys))
        codes: NDArray[np.int64] = self._codes[found.to_numpy()]
        return codes


def invert(lists: Mapping[str, str], codes: Mapping[str, int]) -> dict[str, int]:
    """Invert a table of words by name (`{"C": "c idc"}`) to a table of codes by word."""
    return {word: codes[name] for name, line in lists.items() for word in line.split()}


LANGUAGE_CODES = {name: code for code, name in enumerate(table.LANGUAGES)}
"""Each language's index in LANGUAGES."""

LANGUAGE_LOOKUP = Lookup(LANGUAGE_CODES)
"""The same for columns."""


def _all_words(*tables: Mapping[str, str]) -> list[str]:
    return [word for words_of in tables for line in words_of.values() for word in line.split()]


_NOT_SOURCE = pa.array(_all_words(table.NOT_SOURCE))
_NOT_SOURCE_NAMES = pa.array(table.NOT_SOURCE_NAMES)
_NAMES = Lookup(invert(table.FILE_NAMES, LANGUAGE_CODES))
_CASED = Lookup({key: LANGUAGE_CODES[name] for key, name in table.CASED.items()})
_EXTENSIONS = Lookup(
    dict.fromkeys(_all_words(table.NOT_SOURCE, table.OTHER_EXTENSIONS), _OTHER)
    | invert(table.EXTENSIONS, LANGUAGE_CODES)
    | invert(table.AMBIGUOUS, {name: _GROUP + i for i, name in enumerate(GROUP_NAMES) if name})
)


def _split(paths: pa.Array) -> tuple[pa.Array, pa.Array]:
    """The last component of each path (null for null), and its extension as written, or empty."""
    column = ByteColumn.from_arrow(paths)
    names, extensions = np.empty_like(column.starts), np.empty_like(column.starts)
    _find_names(column.data, column.starts, column.ends, names, extensions)
    name = to_arrow(ByteColumn(column.data, names, column.ends))
    extension = to_arrow(ByteColumn(column.data, extensions, column.ends))
    name = pc.if_else(pc.is_valid(paths), name.cast(pa.string()), None)
    return name, extension.cast(pa.string())


def _matching(paths: pa.Array, candidates: pa.Array, pattern: str) -> NDArray[np.int64]:
    """The candidates whose path matches; without candidates the pattern is not even compiled."""
    rows = np.flatnonzero(to_mask(candidates))
    if len(rows):
        rows = rows[matches_pattern(paths.take(pa.array(rows)), pattern)]
    return rows


@kernel
def _find_names(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    names: NDArray[np.int64],
    extensions: NDArray[np.int64],
) -> None:
    """Start of the last component and of its extension; an empty extension starts at the end."""
    for i in range(len(starts)):
        at = ends[i]
        extensions[i] = ends[i]
        dotted = False  # a dot was passed
        named = False  # and a character before it is not a dot
        while at > starts[i] and data[at - 1] != 47:  # '/'
            at -= 1
            if data[at] != 46:  # '.'
                named |= dotted
            elif not dotted:
                dotted = True
                extensions[i] = at + 1
        if not named:
            extensions[i] = ends[i]
        names[i] = at
