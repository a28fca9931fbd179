"""Detect the language from the content, for names that are ambiguous or unknown.

Extensions that several languages share (`extension_groups`), headers, shebangs and mode lines. All
functions see prefixes of texts only, and all patterns are RE2.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.filters.arrays import to_arrow
from codecorpus.filters.languages import table
from codecorpus.filters.languages.by_name import LANGUAGE_CODES, Lookup, invert
from codecorpus.filters.languages.extension_groups import (
    CODE,
    CPP,
    CUDA,
    EXTENSION_GROUPS,
    EXTERN_C,
    OBJECTIVE_C,
)
from codecorpus.filters.languages.strip_comments import strip_comments
from codecorpus.filters.masks import matches_pattern
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

_INTERPRETERS = Lookup(invert(table.INTERPRETERS, LANGUAGE_CODES))
_MODES = Lookup({mode: LANGUAGE_CODES[name] for mode, name in table.MODES.items()})


def by_extension_group(name: str, texts: ByteColumn) -> Codes:
    """The language of texts whose extension is in a group of `table.AMBIGUOUS`.

    Args:
        name: the group's name.
        texts: prefixes of the texts; they may end inside a character.
    """
    if name == "header":
        return _header(texts)
    group, prefixes = EXTENSION_GROUPS[name], to_arrow(texts)
    codes = by_shebang(prefixes) if group.shebang else np.full(len(texts), _UNKNOWN)
    undecided = codes == _UNKNOWN
    for test in group.tests:
        rows = np.flatnonzero(undecided)
        found = rows[matches_pattern(prefixes.take(pa.array(rows)), test.pattern)]
        codes[found] = _code(test.language)
        undecided[found] = False
    codes[undecided] = _code(group.default)
    if name == "include":
        rows = np.flatnonzero(codes == LANGUAGE_CODES["C"])
        codes[rows] = _header(texts.select(rows))
    return codes


def by_first_lines(prefixes: pa.Array) -> Codes:
    """The language of a shebang, or else of an Emacs mode line such as `-*- C++ -*-`.

    A mode line is one of the first two lines.

    Args:
        prefixes: large_binary.
    """
    codes = by_shebang(prefixes)
    return np.where(codes < 0, _named(prefixes, _MODE_LINE, "mode", _MODES, lower=True), codes)


def by_shebang(prefixes: pa.Array) -> Codes:
    """The language of the interpreter in a shebang, or of the one that a shell script starts.

    Ignores `/usr/bin/env` with its options and variables, folders and versions. A shell script
    that starts with `exec tclsh "$0"` is in the language of that interpreter.

    Args:
        prefixes: large_binary.
    """
    codes = _named(prefixes, _SHEBANG, "name", _INTERPRETERS)
    shells = np.flatnonzero(codes == LANGUAGE_CODES["Shell"])
    if len(shells):
        scripts = prefixes.take(pa.array(shells))
        restarted = matches_pattern(scripts, _RESTART)
        codes[shells[restarted]] = _named(scripts, _RESTART, "name", _INTERPRETERS)[restarted]
    return codes


def _header(texts: ByteColumn) -> Codes:
    """The language of .h files: Cuda, Objective-C++, Objective-C or C++ if it shows, else C.

    Comments, strings and macros do not count, nor does code between `#ifdef __cplusplus` and
    `#endif`, unless the file has no other code. An unconditional `extern "C"` is C++.
    """
    code = strip_comments(texts, keep_guarded=False)
    codes = _verdict(code, matches_pattern(code, EXTERN_C))
    guarded = np.flatnonzero(~matches_pattern(code, CODE))
    if len(guarded):
        # a C header of macros has a conditional extern "C" as well
        rest = strip_comments(texts.select(guarded), keep_guarded=True)
        codes[guarded] = _verdict(rest, np.zeros(len(guarded), np.bool_))
    return codes


def _verdict(code: pa.Array, extern_c: NDArray[np.bool_]) -> Codes:
    """The language of stripped headers; `extern_c`: which have an unconditional extern "C"."""
    cpp = matches_pattern(code, CPP) | extern_c
    objective = matches_pattern(code, OBJECTIVE_C)
    conditions = [matches_pattern(code, CUDA), objective & cpp, objective, cpp]
    names = ["Cuda", "Objective-C++", "Objective-C", "C++"]
    codes: Codes = np.select(
        conditions, [LANGUAGE_CODES[name] for name in names], LANGUAGE_CODES["C"]
    )
    return codes


def _named(
    prefixes: pa.Array, pattern: str, field: str, lookup: Lookup, *, lower: bool = False
) -> Codes:
    """Look up what a named group of the pattern matches."""
    found = pc.struct_field(pc.extract_regex(prefixes, pattern), field).cast(pa.string())
    return lookup.codes(pc.ascii_lower(found) if lower else found)


def _code(language: str | None) -> int:
    return _UNKNOWN if language is None else LANGUAGE_CODES[language]
