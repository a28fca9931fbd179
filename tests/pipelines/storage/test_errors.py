"""Errors of storage belong to the one error tree; its modules import in one direction."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import pytest

from codecorpus.foundation.errors import CodecorpusError, InputError, RetryableError, UsageError
from codecorpus.pipelines import storage

NAMES = [storage.__name__] + [
    module.name for module in pkgutil.walk_packages(storage.__path__, f"{storage.__name__}.")
]


def errors_defined_in(module: ModuleType) -> list[type[BaseException]]:
    return [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, BaseException)
        and value.__module__ == module.__name__
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_error_says_whether_repeating_the_command_may_help(name: str) -> None:
    for error in errors_defined_in(importlib.import_module(name)):
        assert issubclass(error, CodecorpusError)
        assert issubclass(error, RetryableError) != issubclass(error, (UsageError, InputError))


def test_the_walk_finds_the_errors() -> None:
    errors = [error for name in NAMES for error in errors_defined_in(importlib.import_module(name))]
    assert {error.__name__ for error in errors} == {
        "ChangedError",
        "ForbiddenError",
        "OutputConflictError",
        "RemoteError",
    }


def imports(name: str) -> Iterator[str]:
    """The modules of storage that a module imports, also in functions and for type checking."""
    for node in ast.walk(
        ast.parse(Path(inspect.getfile(importlib.import_module(name))).read_text())
    ):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                if full in NAMES:
                    yield full
                elif node.module in NAMES:
                    yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in NAMES)


def test_no_module_imports_itself_through_others() -> None:
    graph = {name: set(imports(name)) for name in NAMES}
    assert sum(map(len, graph.values())) > len(NAMES)
    TopologicalSorter(graph).prepare()  # raises CycleError
