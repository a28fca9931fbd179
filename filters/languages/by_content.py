"""What a text says where its name leaves several languages open, or nothing known.

The tests of `groups` for extensions that languages share, headers, shebangs and mode lines. All
see heads of texts only, and all patterns are RE2's.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.filters.arrays import to_arrow
from codecorpus.filters.languages import table
from codecorpus.filters.languages.by_name import LANGUAGE_CODES, Lookup, words
from codecorpus.filters.languages.extension_groups import (
    CODE,
    CPP,
    CUDA,
    EXTERN_C,
    GROUPS,
    OBJECTIVE_C,
)
from codecorpus.filters.languages.strip_comments import clean
from codecorpus.foundation.columns import ByteColumn

Codes = NDArray[np.int64]
"""int64[n], indices into LANGUAGES, -1 for unknown."""

_UNKNOWN = -1

_MODE_LINE = r"\A[^\n]*\n?[^\n]*-\*-[ \t]*(?i:mode:)?[ \t]*(?P<mode>[\w+#-]+)[ \t]*(?:;[^\n]*)?-\*-"
_ENV = r"(?:env[ \t]+(?:-\S+[ \t]+|\w+=\S*[ \t]+)*(?:[^\s/]*/)*)?"
_SHEBANG = (
    r"\A(?:\xef\xbb\xbf)?#![ \t]*(?:[^\s/]*/)*"
    + _ENV
    + r"(?P<name>[A-Za-z][\w.+-]*?)[-\d.]*(?:\s|\z)"
)
_RESTART = (
    r"\A(?:[^\n]*\n){1,12}?[ \t]*exec[ \t]+(?:[^\s/]*/)*"
    + _ENV
    + r"(?P<name>[A-Za-z]+)[-\d.]*(?:[ \t]+-\S+)*[ \t]+\"?\$\{?0\}?\"?[ \t\n]"
)

_INTERPRETERS = Lookup(words(table.INTERPRETERS, LANGUAGE_CODES))
_MODES = Lookup({mode: LANGUAGE_CODES[name] for mode, name in table.MODES.items()})


def by_group(name: str, texts: ByteColumn) -> Codes:
    """The language of texts whose extension is of the group `name` of `table.AMBIGUOUS`.

    Args:
        name: the group.
        texts: heads of texts; they may be cut inside a character.
    """
    if name == "header":
        return _header(texts)
    group, heads = GROUPS[name], to_arrow(texts)
    codes = by_shebang(heads) if group.shebang else np.full(len(texts), _UNKNOWN)
    open_rows = codes == _UNKNOWN
    for test in group.tests:
        rows = np.flatnonzero(open_rows)
        found = rows[_matches(heads.take(pa.array(rows)), test.pattern)]
        codes[found] = _code(test.language)
        open_rows[found] = False
    codes[open_rows] = _code(group.otherwise)
    if name == "include":
        rows = np.flatnonzero(codes == LANGUAGE_CODES["C"])
        codes[rows] = _header(texts.select(rows))
    return codes


def by_shebang(heads: pa.Array) -> Codes:
    """The language of the program that a shebang names, or of the one that a shell restarts.

    `/usr/bin/env`, its options and settings, folders and versions are passed over. A shell script
    that at once does `exec tclsh "$0"` is in that other language.

    Args:
        heads: large_binary.
    """
    codes = _named(heads, _SHEBANG, "name", _INTERPRETERS)
    shells = np.flatnonzero(codes == LANGUAGE_CODES["Shell"])
    if len(shells):
        again = heads.take(pa.array(shells))
        restarted = _matches(again, _RESTART)
        codes[shells[restarted]] = _named(again, _RESTART, "name", _INTERPRETERS)[restarted]
    return codes


def by_mode(heads: pa.Array) -> Codes:
    """The language of an Emacs mode line, `-*- C++ -*-`, in the first two lines."""
    return _named(heads, _MODE_LINE, "mode", _MODES, lower=True)


def _header(texts: ByteColumn) -> Codes:
    """A .h file: Cuda, Objective-C++, Objective-C, C++ by what only they hold, else C.

    Comments, strings and macros are no evidence, nor is what stands between `#ifdef __cplusplus`
    and `#endif`, unless the file holds no other code. `extern "C"` without such a condition is
    C++.
    """
    code = clean(texts, guarded=False)
    codes = _verdict(code, _matches(code, EXTERN_C))
    wholly = np.flatnonzero(~_matches(code, CODE))
    if len(wholly):
        # extern "C" in a condition is what a C header of macros has, and no evidence
        rest = clean(texts.select(wholly), guarded=True)
        codes[wholly] = _verdict(rest, np.zeros(len(wholly), np.bool_))
    return codes


def _verdict(code: pa.Array, extern_c: NDArray[np.bool_]) -> Codes:
    """The language of cleaned headers; `extern_c`, where they hold an unconditional extern "C"."""
    cpp = _matches(code, CPP) | extern_c
    objective = _matches(code, OBJECTIVE_C)
    conditions = [_matches(code, CUDA), objective & cpp, objective, cpp]
    names = ["Cuda", "Objective-C++", "Objective-C", "C++"]
    codes: Codes = np.select(
        conditions, [LANGUAGE_CODES[name] for name in names], LANGUAGE_CODES["C"]
    )
    return codes


def _matches(values: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Where the pattern is found."""
    mask: NDArray[np.bool_] = pc.match_substring_regex(values, pattern).to_numpy(
        zero_copy_only=False
    )
    return mask


def _named(
    heads: pa.Array, pattern: str, field: str, lookup: Lookup, *, lower: bool = False
) -> Codes:
    """What the pattern's field says, by a table."""
    found = pc.struct_field(pc.extract_regex(heads, pattern), field).cast(pa.string())
    return lookup.codes(pc.ascii_lower(found) if lower else found)


def _code(language: str | None) -> int:
    return _UNKNOWN if language is None else LANGUAGE_CODES[language]
