r"""Names of files: bytes on disk and in archives, text in tables.

A name in UTF-8 stays as it is, except that a backslash becomes `\\`; any other byte becomes `\xNN`.
So different names have different texts, and the bytes can be restored.
"""

import re
from typing import Final, Literal

from codecorpus.foundation.errors import UsageError

ArchiveKind = Literal["tar", "zip"]

IGNORED: Final = frozenset({b".git", b".hg", b".svn", b"__pycache__"})
"""Folders of version control and of Python's cache, which are not part of a repository."""

_SUFFIXES: Final[tuple[tuple[bytes, ArchiveKind], ...]] = (
    (b".tar.gz", "tar"),
    (b".tgz", "tar"),
    (b".tar", "tar"),
    (b".zip", "zip"),
    (b".whl", "zip"),
)

ARCHIVE_SUFFIXES: Final = ", ".join(suffix.decode() for suffix, _ in _SUFFIXES)
"""The suffixes that make a file an archive, for messages."""

_ESCAPE = re.compile(rb"\\(?:\\|x([0-9a-f]{2}))")
_SEPARATOR = re.compile(rb"[/\\]")


def decode_name(raw: bytes) -> str:
    r"""The text of a name: UTF-8 as it is, other bytes as `\xNN`, a backslash as `\\`."""
    return raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def encode_name(text: str) -> bytes:
    """The bytes of a name from its text.

    Raises:
        UsageError: the text does not come from `decode_name`.
    """
    raw = _ESCAPE.sub(
        lambda match: bytes.fromhex(match[1].decode()) if match[1] else b"\\",
        text.encode("utf-8", "surrogatepass"),
    )
    if decode_name(raw) != text:
        raise UsageError(
            f"{text!r} is not a name as the ledger writes it, with \\\\ for each backslash and "
            "\\xNN, in lower-case digits, for each byte that is not UTF-8"
        )
    return raw


def archive_kind(name: bytes) -> tuple[ArchiveKind, bytes] | None:
    """The kind of an archive by its name, and the name without the suffix.

    Case is ignored. None if the name has no archive's suffix, or consists of the suffix alone.
    """
    lower = name.lower()
    for suffix, kind in _SUFFIXES:
        if lower.endswith(suffix) and len(name) > len(suffix):
            return kind, name[: -len(suffix)]
    return None


def is_ignored(path: bytes) -> bool:
    """Whether a component of a path is in IGNORED."""
    return not IGNORED.isdisjoint(path.split(b"/"))


def leaves_folder(path: bytes) -> bool:
    """Whether a member's path is absolute or contains `..`, so unpacking it may leave the folder.

    Backslashes count as separators too, as they do on some systems.
    """
    return path.startswith(b"/") or (b".." in path and b".." in _SEPARATOR.split(path))
