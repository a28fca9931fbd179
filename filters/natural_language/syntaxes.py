"""The comment and string syntax of each language, written by hand.

Strings are listed so that a comment delimiter inside a string is ignored. Not supported, because it
would take a parser: nested comments (Rust, Kotlin, Scala: the inner end closes the comment),
regular expressions, here-documents, the HTML around PHP, and `C` in the first column of Fortran 77.
"""

from typing import NamedTuple

LINE, BLOCK, STRING, TEXT, DOCSTRING = 0, 1, 2, 3, 4
"""Kinds of delimiters: a comment to the end of the line; a block comment; a string that ends with
its line at the latest; a multi-line string; and one that is a comment at the start of a line."""


class Delimiter(NamedTuple):
    """Opening and closing of a comment or a string; the first delimiter that matches applies."""

    opening: bytes
    closing: bytes
    kind: int
    after_space: bool = False
    """Matches only at the start of a line, or after a space."""
    escape: bool = True
    """Inside, a backslash escapes the next byte; before a line comment, it escapes the opening."""


def _line(opening: bytes, *, after_space: bool = False) -> Delimiter:
    return Delimiter(opening, b"\n", LINE, after_space, escape=False)


def _block(opening: bytes, closing: bytes) -> Delimiter:
    return Delimiter(opening, closing, BLOCK, escape=False)


_SLASHES = (_line(b"//"), _block(b"/*", b"*/"))
_QUOTED = Delimiter(b'"', b'"', STRING)
_SINGLE = Delimiter(b"'", b"'", STRING)
_BACKTICKS = Delimiter(b"`", b"`", TEXT)
_RAW = Delimiter(b"`", b"`", TEXT, escape=False)
_THREE = Delimiter(b'"""', b'"""', TEXT, escape=False)
_C = (*_SLASHES, _QUOTED, _SINGLE)
_SCRIPT = (*_C, _BACKTICKS)
_DOUBLED = (
    Delimiter(b"'", b"'", STRING, escape=False),
    Delimiter(b'"', b'"', STRING, escape=False),
)
_PYTHON = (
    _line(b"#"),
    Delimiter(b'"""', b'"""', DOCSTRING),
    Delimiter(b"'''", b"'''", DOCSTRING),
    _QUOTED,
    _SINGLE,
)

SYNTAXES: dict[str, tuple[Delimiter, ...]] = {
    "C++": _C,
    "Python": _PYTHON,
    "Java": (_THREE, *_C),
    "JavaScript": _SCRIPT,
    "C": _C,
    "Go": (*_C, _RAW),
    "HTML": (_block(b"<!--", b"-->"),),
    "Shell": (_line(b"#", after_space=True), _QUOTED, _DOUBLED[0]),
    "PHP": (*_C, _line(b"#")),
    "CSS": (_SLASHES[1], _QUOTED, _SINGLE),
    "TypeScript": _SCRIPT,
    "SQL": (_line(b"--"), _SLASHES[1], *_DOUBLED),
    "TeX": (Delimiter(b"%", b"\n", LINE),),
    "Rust": (*_SLASHES, _QUOTED),  # a single quote may be a lifetime
    "Objective-C": _C,
    "Scala": (_THREE, *_C[:3]),  # a single quote may be a symbol
    "Kotlin": (_THREE, *_C),
    "Pascal": (_line(b"//"), _block(b"(*", b"*)"), _block(b"{", b"}"), _DOUBLED[0]),
    "Fortran": (_line(b"!"), *_DOUBLED),
    "R": (_line(b"#"), _QUOTED, _SINGLE),
    "Cuda": _C,
    "C#": _C,
    "Objective-C++": _C,
}
"""The delimiters of each language, in the order in which they are tried."""
