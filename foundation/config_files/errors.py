"""The error of a configuration file, which reports all mistakes with their files and lines."""

from collections.abc import Iterable
from dataclasses import dataclass

from codecorpus.foundation.errors import UsageError


@dataclass(frozen=True, order=True)
class SourceLine:
    """A line of a file.

    Attributes:
        depth: 0 in the file itself, 1 in a file that it extends, and so on.
        file: its name as the user wrote it, or a label if there is no file.
        number: counted from 1; 0 means the whole file.
    """

    depth: int
    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}" if self.number else self.file


@dataclass(frozen=True, order=True)
class Mistake:
    """One mistake: its line, and a text with the value found and the value expected."""

    line: SourceLine
    text: str

    def __str__(self) -> str:
        return f"{self.line}: {self.text}"


class ConfigError(UsageError):
    """A configuration file cannot be used as it is.

    Attributes:
        mistakes: all mistakes, sorted by depth, file and line.
    """

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__("\n".join(str(mistake) for mistake in self.mistakes))
