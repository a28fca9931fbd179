"""Temporary failures are retried; final ones are raised at once."""

from collections.abc import Callable

import pytest

from codecorpus.pipelines.storage.errors import ForbiddenError, RemoteError
from codecorpus.pipelines.storage.retry import with_retries


class Call:
    """Raises these errors in turn, then returns 7."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return 7


class StatusError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class NoCredentialsError(Exception):
    """Named like botocore's."""


@pytest.mark.parametrize(
    "error",
    [TimeoutError(), ConnectionError("half"), OSError(), StatusError(503), StatusError(429)],
)
def test_temporary_failures_are_retried(error: Exception) -> None:
    call = Call(error, error)
    assert with_retries("s3://b/k", call) == 7
    assert call.calls == 3


def test_the_last_error_says_how_often_and_what_to_do() -> None:
    call = Call(*[TimeoutError("no answer")] * 9)
    with pytest.raises(
        RemoteError, match=r"s3://b/k: TimeoutError: no answer \(after 3 attempts\); run the"
    ):
        with_retries("s3://b/k", call)
    assert call.calls == 3


@pytest.mark.parametrize(
    "error",
    [
        PermissionError("denied"),
        StatusError(403),
        StatusError(400),
        NoCredentialsError(),
        OSError("Forbidden: b/k\nas gcsfs words it"),
        ValueError("Bad Request: b/k\nlikewise"),
    ],
)
def test_a_refusal_is_final(error: Exception) -> None:
    call = Call(error)
    with pytest.raises(ForbiddenError, match=r"s3://b/k: .*credentials in AWS_ACCESS"):
        with_retries("s3://b/k", call)
    assert call.calls == 1


@pytest.mark.parametrize("error", [FileNotFoundError("k"), StatusError(404)])
def test_a_missing_file_raises_as_a_local_one_does(error: Exception) -> None:
    with pytest.raises(FileNotFoundError):
        with_retries("s3://b/k", Call(error))


@pytest.mark.parametrize("error", [TypeError(), KeyError("x")])
def test_a_bug_is_not_retried(error: Exception) -> None:
    call: Callable[[], int] = Call(error)
    with pytest.raises(type(error)):
        with_retries("s3://b/k", call)
