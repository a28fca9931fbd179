"""What may pass is tried again; what will not is said at once."""

from collections.abc import Callable

import pytest

from codecorpus.pipelines.storage.retry import ForbiddenError, RemoteError, ShortError, attempt


class Call:
    """Raises these errors in turn, then gives 7."""

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
    """As botocore calls it."""


@pytest.mark.parametrize(
    "error",
    [TimeoutError(), ConnectionError(), ShortError("half"), StatusError(503), StatusError(429)],
)
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    call = Call(error, error)
    assert attempt("s3://b/k", call) == 7
    assert call.calls == 3


def test_in_the_end_the_error_says_how_often_and_what_to_do() -> None:
    call = Call(*[TimeoutError("no answer")] * 9)
    with pytest.raises(RemoteError, match=r"s3://b/k: TimeoutError: no answer, 3 times; run the"):
        attempt("s3://b/k", call)
    assert call.calls == 3


@pytest.mark.parametrize(
    "error",
    [
        PermissionError("denied"),
        StatusError(403),
        StatusError(400),
        NoCredentialsError(),
        OSError("Forbidden: b/k\nas gcsfs says it"),
        ValueError("Bad Request: b/k\nlikewise"),
    ],
)
def test_a_refusal_is_final(error: Exception) -> None:
    call = Call(error)
    with pytest.raises(ForbiddenError, match=r"s3://b/k: .*credentials in AWS_ACCESS"):
        attempt("s3://b/k", call)
    assert call.calls == 1


@pytest.mark.parametrize("error", [FileNotFoundError("k"), StatusError(404)])
def test_what_is_not_there_is_said_as_of_files(error: Exception) -> None:
    with pytest.raises(FileNotFoundError):
        attempt("s3://b/k", Call(error))


@pytest.mark.parametrize("error", [TypeError(), KeyError("x")])
def test_a_mistake_of_ours_is_not_tried_again(error: Exception) -> None:
    call: Callable[[], int] = Call(error)
    with pytest.raises(type(error)):
        attempt("s3://b/k", call)
