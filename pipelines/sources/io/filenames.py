r"""Names of files: bytes on disk and in archives, text in every table.

A name that is UTF-8 is written as it is, every other byte as `\xNN`, and a backslash as `\\`, so
two names never become one and the bytes can be had back.
"""

import re
from typing import Final, Literal

from codecorpus.foundation.errors import UsageError

ArchiveKind = Literal["tar", "zip"]

IGNORED: Final = frozenset({b".git", b".hg", b".svn", b"__pycache__"})
"""What version control and Python keep beside the files of a repository; no part of it."""

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


def spell(raw: bytes) -> str:
    r"""A name as text: UTF-8 as it is, other bytes as `\xNN`, a backslash as `\\`."""
    return raw.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def unspell(text: str) -> bytes:
    """The bytes of a name that `spell` wrote.

    Raises:
        UsageError: `spell` does not write such a name.
    """
    raw = _ESCAPE.sub(
        lambda match: bytes.fromhex(match[1].decode()) if match[1] else b"\\",
        text.encode("utf-8", "surrogatepass"),
    )
    if spell(raw) != text:
        raise UsageError(
            f"{text!r} is not a name as the ledger writes it: in it a backslash is written twice, "
            "and a byte that is not UTF-8 as \\xNN with two lower-case digits"
        )
    return raw


def archive_kind(name: bytes) -> tuple[ArchiveKind, bytes] | None:
    """How an archive of this name is read, and the name without its suffix; None: no archive.

    Case does not matter, and something must stand before the suffix.
    """
    lower = name.lower()
    for suffix, kind in _SUFFIXES:
        if lower.endswith(suffix) and len(name) > len(suffix):
            return kind, name[: -len(suffix)]
    return None


def is_ignored(path: bytes) -> bool:
    """Whether a path leads through, or to, one of the names in IGNORED."""
    return not IGNORED.isdisjoint(path.split(b"/"))


def escapes(path: bytes) -> bool:
    """Whether a member's path is absolute or climbs, so that unpacking it could leave a folder.

    A backslash separates here as well, as it does where some archives are unpacked.
    """
    return path.startswith(b"/") or (b".." in path and b".." in _SEPARATOR.split(path))
