"""Places: paths of this machine, and URLs of files elsewhere. Nothing heavy is imported here."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from codecorpus.foundation.errors import UsageError

SCHEMES: Final = ("s3", "gs", "hf", "hdfs", "https", "http")
"""What a URL may begin with."""

WRITABLE: Final = ("s3", "gs", "hdfs")
"""Where an output folder may lie."""

EXPECTED: Final = (
    f"expected a path, or a URL that begins with {', '.join(f'{name}://' for name in SCHEMES)}"
)
"""What messages say of other schemes."""

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


class FileInfo(NamedTuple):
    """What stands under a URL."""

    url: str
    size: int
    """Bytes; 0 for a folder."""
    stamp: str
    """Changes when the file does: an etag, a generation, a time; empty if the store says nothing.
    """
    is_folder: bool = False
    has_ranges: bool = True
    """Whether a range of it can be had, and not only the whole."""


@dataclass(frozen=True)
class Url(os.PathLike[str]):
    """A file or folder elsewhere; without a slash at its end."""

    text: str
    known: FileInfo | None = field(default=None, compare=False, repr=False)
    """What stood there when it was listed just now."""

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
        """What stands behind the last slash."""
        return self.text.rpartition("/")[2]


Location = Path | Url
"""Where inputs and outputs lie."""


def scheme_of(text: str | bytes) -> str | None:
    """The scheme that a text begins with, in lower case, known or not; None: it is a path."""
    if isinstance(text, bytes):
        text = os.fsdecode(text)
    found = _SCHEME.match(text)
    return found[1].lower() if found else None


def is_remote(text: str | bytes) -> bool:
    """Whether a text is a URL that can be read."""
    return scheme_of(text) in SCHEMES


def parse_location(text: str) -> Location:
    """A path or a URL, from text; paths as they are.

    Raises:
        UsageError: a URL that cannot be read.
    """
    known = scheme_of(text)
    if known is None:
        return Path(text)
    if known not in SCHEMES:
        raise UsageError(f"{text}: {EXPECTED}")
    scheme, _, rest = text.partition("://")
    return Url(f"{scheme.lower()}://{rest.rstrip('/')}")
