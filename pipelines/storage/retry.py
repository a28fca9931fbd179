"""What goes wrong with remote files, and what may pass: that is tried again.

No accident of a network is ever counted as a property of the data: a request that fails for good
fails its task, which a later run does once more. Only what a file holds can make a record
unreadable.
"""

import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from codecorpus.foundation.errors import CodecorpusError, InputError, RetryableError
from codecorpus.pipelines.storage import settings
from codecorpus.pipelines.storage.locations import scheme_of

T = TypeVar("T")

FIRST_PAUSE: Final = 0.5
"""Seconds before the second attempt; each pause is twice the one before, up to LONGEST_PAUSE."""
LONGEST_PAUSE: Final = 30.0

_TIMELY: Final = frozenset({408, 425, 429})  # of 400 to 499, what may pass
_OURS: Final = (CodecorpusError, TypeError, AttributeError, KeyError, ImportError, AssertionError)
_IN_WORDS: Final = {"Forbidden: ": 403, "Bad Request: ": 400}  # how gcsfs says them
_CREDENTIALS: Final = ("Credential", "ProfileNotFound", "RefreshError")  # in names of error types
_GIVEN: Final = {
    "s3": (
        "the credentials in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, the profile AWS_PROFILE, "
        "or this machine's role"
    ),
    "gs": (
        "application default credentials (GOOGLE_APPLICATION_CREDENTIALS, `gcloud auth "
        "application-default login`, or this machine's service account)"
    ),
    "hf": "the token in HF_TOKEN",
    "hdfs": "Hadoop's own settings",
}


class RemoteError(RetryableError):
    """A remote file could not be had or written, and may be later."""


class ForbiddenError(RemoteError):
    """A server refuses: the same request fails again, but not with other credentials."""


class ChangedError(InputError):
    """A remote file is not the one that was planned with."""


class ShortError(OSError):
    """Another number of bytes came than the server said."""


def attempt(url: str, call: Callable[[], T]) -> T:
    """What `call` gives, tried again while it fails in ways that may pass.

    Raises:
        FileNotFoundError: there is no such file.
        FileExistsError: there must be none, and there is.
        ForbiddenError: the server refuses, or the request cannot be right.
        RemoteError: it failed every time.
    """
    most = settings.attempts()
    pause = FIRST_PAUSE
    for number in range(1, most + 1):
        try:
            return call()
        except (FileNotFoundError, FileExistsError, *_OURS):
            raise
        except Exception as error:  # the libraries have no tree of errors in common
            if (status := _status(error)) == 404:
                raise FileNotFoundError(url) from error
            if _is_final(error, status):
                raise ForbiddenError(_refused(url, error)) from error
            if number == most:
                raise RemoteError(_failed(url, error, most)) from error
        time.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - so that workers spread
        pause = min(2 * pause, LONGEST_PAUSE)
    raise AssertionError


def _status(error: Any) -> int | None:  # noqa: ANN401 - any library's error
    """The HTTP status that an error tells of, by the ways of aiohttp, gcsfs, httpx and botocore."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    if isinstance(response, dict):
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        found = getattr(response, "status_code", None)
    for name in ("status", "code"):
        found = found or getattr(error, name, None)
    if isinstance(found, int):
        return found
    return next((_IN_WORDS[start] for start in _IN_WORDS if str(error).startswith(start)), None)


def _is_final(error: Exception, status: int | None) -> bool:
    if status is not None:
        return 400 <= status < 500 and status not in _TIMELY
    name = type(error).__name__
    return isinstance(error, PermissionError) or any(part in name for part in _CREDENTIALS)


def _refused(url: str, error: Exception) -> str:
    scheme = scheme_of(url) or ""
    none = any(part in type(error).__name__ for part in _CREDENTIALS)
    what = "there are no credentials for it" if none else "refused"
    return (
        f"{url}: {what}: {_first_line(error)}; expected a file that may be read (or, of an output "
        f"folder, written) with {_GIVEN.get(scheme, 'what the URL itself holds')}: see "
        "docs/remote.md"
    )


def _failed(url: str, error: Exception, most: int) -> str:
    return (
        f"{url}: {_first_line(error)}, {most} times; run the same command again when the server "
        "answers"
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
