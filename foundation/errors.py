"""The one tree of errors; a message states what was got, what was expected, and what to do.

Split by what helps: a `UsageError` needs another command or recipe, a `RetryableError` may pass
when the same command is run again, and the rest needs another input or a mended program.
"""

from typing import ClassVar


class CodecorpusError(Exception):
    """Root of all errors that the project raises on purpose."""

    exit_code: ClassVar[int] = 1
    """What the command exits with: 1 the work failed, 2 the command or the recipe is wrong."""


class UsageError(CodecorpusError):
    """The command or the recipe is wrong; the same call fails again."""

    exit_code: ClassVar[int] = 2


class InputError(CodecorpusError):
    """An input cannot be used as a whole; damaged records are counted, not raised."""


class VocabularyError(CodecorpusError):
    """A vocabulary cannot be had, or is not one that the encoder understands."""


class RetryableError(CodecorpusError):
    """The same command may work when it is run again: a full disk, a lost worker, a network."""


class InterruptedBuildError(RetryableError):
    """The person pressed Ctrl-C."""

    exit_code: ClassVar[int] = 130

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or "interrupted; run the same command again to go on from where it stopped"
        )


class StorageError(RetryableError):
    """Writing or reading the output folder failed."""
