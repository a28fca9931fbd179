"""All errors of the crawl belong to the one error tree."""

import importlib
import inspect
import pkgutil

import pytest

from codecorpus.foundation.errors import CodecorpusError, InputError, RetryableError
from codecorpus.pipelines import crawl
from codecorpus.pipelines.crawl.archive_validation import ArchiveTooLargeError
from codecorpus.pipelines.crawl.client import RequestFailedError, UnavailableError
from codecorpus.pipelines.crawl.clock import StoppedError

MODULES = [
    importlib.import_module(found.name)
    for found in pkgutil.walk_packages(crawl.__path__, f"{crawl.__name__}.")
]
ERRORS = [
    error
    for module in MODULES
    for _, error in inspect.getmembers(module, inspect.isclass)
    if issubclass(error, BaseException) and error.__module__ == module.__name__
]


def test_all_modules_are_searched() -> None:
    assert {"graph", "scheduler", "database"} <= {
        each.__name__.rpartition(".")[2] for each in MODULES
    }
    assert {ArchiveTooLargeError, RequestFailedError, StoppedError, UnavailableError} <= set(ERRORS)


@pytest.mark.parametrize("error", ERRORS)
def test_every_error_is_in_the_tree(error: type[BaseException]) -> None:
    assert issubclass(error, CodecorpusError)


@pytest.mark.parametrize("error", [RequestFailedError, StoppedError])
def test_errors_that_may_pass_are_retryable(error: type[CodecorpusError]) -> None:
    assert issubclass(error, RetryableError)


@pytest.mark.parametrize("error", [ArchiveTooLargeError, UnavailableError])
def test_errors_that_last_are_input_errors(error: type[CodecorpusError]) -> None:
    assert issubclass(error, InputError)
