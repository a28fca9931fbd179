"""The error classes; a message says what was found, what was expected, and what to do.

The classes differ in what helps: after a `UsageError`, the command or recipe must be changed; after
a `RetryableError`, running the same command again may help; after any other error, the input or the
program must be fixed.
"""

from typing import ClassVar


class CodecorpusError(Exception):
    """Base class of all errors that the project raises on purpose."""

    exit_code: ClassVar[int] = 1
    """Exit status of the command: 1 if the work failed, 2 if the command or the recipe is wrong."""


class UsageError(CodecorpusError):
    """The command or the recipe is wrong; running it again fails again."""

    exit_code: ClassVar[int] = 2


class InputError(CodecorpusError):
    """An input as a whole cannot be used; damaged records are counted instead of raised."""


class VocabularyError(CodecorpusError):
    """A vocabulary cannot be loaded, or the encoder does not support its kind."""


class RetryableError(CodecorpusError):
    """Running the same command again may help: a full disk, a lost worker, a network failure."""


class InterruptedBuildError(RetryableError):
    """The user pressed Ctrl-C."""

    exit_code: ClassVar[int] = 130

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or "interrupted; run the same command again to continue where it stopped"
        )


class StorageError(RetryableError):
    """The output folder could not be read or written."""
