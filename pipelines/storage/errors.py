"""Errors of storage, by what helps: repeating the command, or changing the command or its input."""

from typing import Self

from codecorpus.foundation.errors import InputError, RetryableError, UsageError


class OutputConflictError(UsageError):
    """The output folder is in use, or holds something other than this build."""


class RemoteError(RetryableError):
    """A remote file could not be read or written; repeating the command may help."""


class ForbiddenError(RemoteError):
    """The server refuses the request; repeating the command helps once the credentials do."""


class ChangedError(InputError):
    """A remote file is missing, or is not the one that was listed when the build was planned."""

    @classmethod
    def missing(cls, url: str) -> Self:
        """The error for a listed file that no longer exists."""
        return cls(f"{url}: gone since it was listed; put it back, or start a new build")
