"""Strip C-like text of what misleads patterns: comments, strings, macros, other branches.

The comments of a header may mention classes, and a C header may contain a C++ part between
`#ifdef __cplusplus` and `#endif`. Patterns detect the language on the remaining code.
"""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import inlined, kernel

_DEPTH = 64
"""Nesting depth up to which conditionals are evaluated; deeper ones are kept whole."""


def strip_comments(column: ByteColumn, *, keep_guarded: bool) -> pa.LargeBinaryArray:
    """The code of each text, with its line breaks.

    Comments become a space. The contents of string and character literals are removed, except in
    #include and #import. All other preprocessor lines are removed with their continuation lines.

    Args:
        column: texts in C, C++, Objective-C or Cuda.
        keep_guarded: whether to keep code that only C++ or Objective-C compilers see (conditions
            with `__cplusplus` or `__OBJC__`). `#if 0` is always removed.

    Returns:
        large_binary, one value per text, never longer than the text.
    """
    offsets = np.zeros(len(column) + 1, np.int64)
    data = np.empty(int(column.sizes.sum()), np.uint8)
    _strip(column.data, column.starts, column.ends, keep_guarded, offsets, data)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    return pa.Array.from_buffers(pa.large_binary(), len(column), buffers)


@kernel
def _strip(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    keep_guarded: bool,
    offsets: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Strip the texts one after the other; `out` has room for all bytes of the input.

    For the conditional at depth d, kinds[d] is the result of `_condition`, and hidden[d] whether
    its current branch is removed; `silent` counts the open conditionals with removed branches.
    """
    hidden = np.zeros(_DEPTH, np.bool_)
    kinds = np.zeros(_DEPTH, np.int64)
    to = np.int64(0)
    for i in range(len(starts)):
        at, end = starts[i], ends[i]
        depth = 0
        silent = 0
        fresh = True  # only blanks so far on the line
        while at < end:
            c = data[at]
            if c == 35 and fresh:  # '#': a preprocessor line
                stop = _directive_end(data, at, end)
                word = _word_start(data, at + 1, stop)
                if _starts(data, word, stop, b"if"):
                    if depth < _DEPTH:
                        kinds[depth] = _condition(data, word, stop, keep_guarded)
                        hidden[depth] = kinds[depth] == 1
                        silent += int(hidden[depth])
                    depth += 1
                elif _starts(data, word, stop, b"el") and 0 < depth <= _DEPTH:
                    now = kinds[depth - 1] == 2 and _starts(data, word, stop, b"else")
                    silent += int(now) - int(hidden[depth - 1])
                    hidden[depth - 1] = now
                elif _starts(data, word, stop, b"endif") and depth > 0:
                    depth -= 1
                    if depth < _DEPTH:
                        silent -= int(hidden[depth])
                elif silent == 0 and (
                    _starts(data, word, stop, b"include") or _starts(data, word, stop, b"import")
                ):
                    while at < stop and not _comment(data, at, stop):
                        out[to] = data[at]
                        to += 1
                        at += 1
                at = stop
                continue
            keep = silent == 0
            following = data[at + 1] if at + 1 < end else np.uint8(0)
            if c == 47 and following == 42:  # /* … */
                at += 2
                while at < end and not (data[at] == 42 and at + 1 < end and data[at + 1] == 47):
                    at += 1
                at = min(at + 2, end)
                if keep:
                    out[to] = 32
                    to += 1
            elif c == 47 and following == 47:  # // …
                at = _line_end(data, at, end)
            elif c in (34, 39):  # a literal ends with its quote or its line
                quote = c
                first = at
                at += 1
                while at < end and data[at] != quote and data[at] != 10:
                    at += 2 if data[at] == 92 else 1
                at = min(at + 1, end) if at < end and data[at] == quote else min(at, end)
                if keep and at - first >= 2:
                    out[to] = quote
                    out[to + 1] = quote
                    to += 2
                fresh = False
            else:
                fresh = c == 10 or (fresh and c in (32, 9, 13))
                if keep or c == 10:
                    out[to] = c
                    to += 1
                at += 1
        offsets[i + 1] = to


@inlined
def _line_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """The position of the line's LF, or `end`; a backslash before the LF continues the line."""
    while at < end and not (
        data[at] == 10
        and not (data[at - 1] == 92 or (data[at - 1] == 13 and at > 1 and data[at - 2] == 92))
    ):
        at += 1
    return at


@inlined
def _comment(data: NDArray[np.uint8], at: int, end: int) -> bool:
    return data[at] == 47 and at + 1 < end and (data[at + 1] == 42 or data[at + 1] == 47)


@kernel
def _directive_end(data: NDArray[np.uint8], at: int, end: int) -> int:
    """Like `_line_end`, but skips comments that span lines."""
    while at < end:
        c = data[at]
        if c == 10 and data[at - 1] != 92 and not (data[at - 1] == 13 and data[at - 2] == 92):
            return at
        if c == 34:
            at += 1
            while at < end and data[at] != 34 and data[at] != 10:
                at += 1
            at += int(at < end and data[at] == 34)
        elif c == 47 and at + 1 < end and data[at + 1] == 47:
            return _line_end(data, at, end)
        elif c == 47 and at + 1 < end and data[at + 1] == 42:
            at += 2
            while at < end and not (data[at] == 42 and at + 1 < end and data[at + 1] == 47):
                at += 1
            at = min(at + 2, end)
        else:
            at += 1
    return end


@inlined
def _word_start(data: NDArray[np.uint8], at: int, end: int) -> int:
    while at < end and (data[at] == 32 or data[at] == 9):
        at += 1
    return at


@kernel
def _starts(data: NDArray[np.uint8], at: int, end: int, word: bytes) -> bool:
    """Whether data[at:end] starts with `word`."""
    if at + len(word) > end:
        return False
    for k in range(len(word)):  # noqa: SIM110  (a kernel has no generators)
        if data[at + k] != word[k]:
            return False
    return True


@kernel
def _condition(data: NDArray[np.uint8], at: int, end: int, keep_guarded: bool) -> int:
    """The kind of an #if: 0 keep both branches, 1 remove the first, 2 remove the others."""
    after = at + 2
    negated = _starts(data, at, end, b"ifndef")
    while after < end and data[after] > 32:
        after += 1
    after = _word_start(data, after, end)
    if after < end and data[after] == 48 and (after + 1 >= end or data[after + 1] <= 32):
        return 1
    found = False
    for k in range(after, end):
        if data[k] == 33:  # '!'
            negated = True
        elif data[k] in (38, 124):  # '&', '|': the next operand
            negated = False
        elif data[k] == 95 and (
            _starts(data, k, end, b"__cplusplus") or _starts(data, k, end, b"__OBJC__")
        ):
            found = True
            break
    if keep_guarded or not found:
        return 0
    return 2 if negated else 1
