"""Paths on this machine and URLs of remote files. Imports nothing heavy."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from codecorpus.foundation.errors import UsageError

SCHEMES: Final = ("s3", "gs", "hf", "hdfs", "https", "http")
"""URL schemes that can be read."""

WRITABLE: Final = ("s3", "gs", "hdfs")
"""URL schemes that can hold an output folder."""

EXPECTED: Final = (
    f"expected a path, or a URL that begins with {', '.join(f'{name}://' for name in SCHEMES)}"
)
"""The end of error messages about other schemes."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class FileInfo(NamedTuple):
    """A remote file or folder."""

    url: str
    size: int
    """Bytes; 0 for a folder."""
    stamp: str
    """Changes when the file does: an etag, a generation or a time; empty if the store has none."""
    is_folder: bool = False
    supports_ranges: bool = True
    """Whether the server can send a range of the file, not only the whole."""

    @property
    def name(self) -> str:
        """The part of the URL after the last slash."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Url(os.PathLike[str]):
    """The URL of a remote file or folder, without a trailing slash."""

    text: str
    info: FileInfo | None = field(default=None, compare=False, repr=False)
    """What the store said about it, if it was just listed."""

    def __str__(self) -> str:
        return self.text

    def __fspath__(self) -> str:
        return self.text

    def __truediv__(self, name: str) -> "Url":
        return Url(f"{self.text}/{name}")

    @property
    def scheme(self) -> str:
        """`s3`, `gs` and so on."""
        return self.text.partition("://")[0]

    @property
    def name(self) -> str:
        """The part after the last slash."""
        return self.text.rpartition("/")[2]


Location = Path | Url
"""Where an input or output is."""


def scheme_of(text: str | bytes) -> str | None:
    """The scheme of a URL in lower case, supported or not; None if the text is a path."""
    if isinstance(text, bytes):
        text = os.fsdecode(text)
    match = _SCHEME.match(text)
    return match[1].lower() if match else None


def is_remote(text: str | bytes) -> bool:
    """Whether a text is a URL of a supported scheme."""
    return scheme_of(text) in SCHEMES


def parse_location(text: str) -> Location:
    """Parse a path or URL; paths are kept as they are.

    Raises:
        UsageError: a URL of an unsupported scheme.
    """
    scheme = scheme_of(text)
    if scheme is None:
        return Path(text)
    if scheme not in SCHEMES:
        raise UsageError(f"{text}: {EXPECTED}")
    return Url(f"{scheme}://{text.partition('://')[2].rstrip('/')}")
