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
    """The exceptions of all packages but training, whose modules need torch.

    Those that derive from BaseException alone are control flow, and not counted.
    """
    for folder in pkgutil.iter_modules(codecorpus.__path__, "codecorpus."):
        if folder.ispkg and folder.name != "codecorpus.training":
            yield from exceptions_of(folder.name)


def exceptions_of(package: str) -> Iterator[type[Exception]]:
    """The exceptions that the modules of a package define."""
    path = importlib.import_module(package).__path__
    for found in pkgutil.walk_packages(path, f"{package}."):
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
