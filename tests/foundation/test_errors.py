"""One error tree: every exception of the project derives from CodecorpusError."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

import codecorpus
from codecorpus.foundation.errors import (
    CodecorpusError,
    InputError,
    InterruptedBuildError,
    RetryableError,
    UsageError,
    VocabularyError,
)


def exceptions() -> Iterator[type[Exception]]:
    """All but those that derive from BaseException alone, which are control flow."""
    for found in pkgutil.walk_packages(codecorpus.__path__, "codecorpus."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        for _, value in inspect.getmembers(module, inspect.isclass):
            if value.__module__ == found.name and issubclass(value, Exception):
                yield value


def test_every_exception_is_in_the_tree() -> None:
    found = set(exceptions())
    assert len(found) > 15
    assert {error for error in found if not issubclass(error, CodecorpusError)} == set()


def test_retrying_may_help_or_not() -> None:
    """An error belongs to one side; what is undecided derives from CodecorpusError alone."""
    final = (InputError, UsageError, VocabularyError)
    for error in exceptions():
        assert not (issubclass(error, RetryableError) and issubclass(error, final)), error


def test_the_exit_status_tells_what_is_wrong() -> None:
    codes = {error: error("x").exit_code for error in (UsageError, InputError, RetryableError)}
    assert codes == {UsageError: 2, InputError: 1, RetryableError: 1}
    assert InterruptedBuildError().exit_code == 130
