"""Retries requests to remote servers, and sorts their failures into final and temporary ones.

A network failure never counts as a property of the data: a request that fails for good fails its
task, which a later run repeats. Only the content of a file can make a record unreadable.
"""

import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.storage import settings
from codecorpus.pipelines.storage.errors import ForbiddenError, RemoteError
from codecorpus.pipelines.storage.locations import scheme_of

T = TypeVar("T")

FIRST_PAUSE: Final = 0.5
"""Seconds before the second attempt; each pause is twice the one before, up to LONGEST_PAUSE."""
LONGEST_PAUSE: Final = 30.0

_TEMPORARY: Final = frozenset({408, 425, 429})  # the only statuses of 400 to 499 to retry
_NEVER_RETRIED: Final = (
    FileNotFoundError, FileExistsError, CodecorpusError,
    TypeError, AttributeError, KeyError, ImportError, AssertionError,  # bugs
)  # fmt: skip
_GCSFS_STATUS: Final = {"Forbidden: ": 403, "Bad Request: ": 400}  # gcsfs raises without a status
_CREDENTIALS: Final = ("Credential", "ProfileNotFound", "RefreshError")  # in names of error types
_WHERE_CREDENTIALS_COME_FROM: Final = {
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


def with_retries(url: str, call: Callable[[], T]) -> T:
    """The result of `call`, which is repeated while it fails in ways that may be temporary.

    Raises:
        FileNotFoundError: there is no such file.
        FileExistsError: the file was to be created, and exists.
        ForbiddenError: the server refuses, or the request is invalid.
        RemoteError: every attempt failed.
    """
    attempts = settings.attempts()
    pause = FIRST_PAUSE
    for attempt in range(1, attempts + 1):
        try:
            return call()
        except _NEVER_RETRIED:
            raise
        except Exception as error:  # the libraries' errors have no common base class
            if (status := _status(error)) == 404:
                raise FileNotFoundError(url) from error
            if _is_final(error, status):
                raise ForbiddenError(_refused(url, error)) from error
            if attempt == attempts:
                raise RemoteError(
                    f"{url}: {_first_line(error)} (after {attempts} attempts); run the same "
                    "command again when the server responds"
                ) from error
        time.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 - spreads the workers
        pause = min(2 * pause, LONGEST_PAUSE)
    raise AssertionError


def _status(error: Any) -> int | None:  # noqa: ANN401 - any library's error
    """The HTTP status of an error of aiohttp, gcsfs, httpx or botocore."""
    response = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    if isinstance(response, dict):
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    else:
        status = getattr(response, "status_code", None)
    for name in ("status", "code"):
        status = status or getattr(error, name, None)
    if isinstance(status, int):
        return status
    text = str(error)
    return next((_GCSFS_STATUS[start] for start in _GCSFS_STATUS if text.startswith(start)), None)


def _is_final(error: Exception, status: int | None) -> bool:
    if status is not None:
        return 400 <= status < 500 and status not in _TEMPORARY
    return isinstance(error, PermissionError) or _lacks_credentials(error)


def _lacks_credentials(error: Exception) -> bool:
    return any(part in type(error).__name__ for part in _CREDENTIALS)


def _refused(url: str, error: Exception) -> str:
    problem = "no credentials found" if _lacks_credentials(error) else "refused"
    expected = _WHERE_CREDENTIALS_COME_FROM.get(scheme_of(url) or "", "what the URL itself holds")
    return (
        f"{url}: {problem}: {_first_line(error)}; expected a file that can be read (or, in an "
        f"output folder, written) with {expected}: see docs/remote.md"
    )


def _first_line(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
