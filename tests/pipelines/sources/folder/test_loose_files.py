"""Files are read in order, remote ones from a prefetcher."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from codecorpus.pipelines.sources.base import UnreadableError
from codecorpus.pipelines.sources.folder.inputs import RepositoryFacts, file_inputs
from codecorpus.pipelines.sources.folder.loose_files import LooseFiles
from codecorpus.pipelines.sources.folder.repositories import find_repositories

Write = Callable[..., Path]


def loose_files(root: Path) -> LooseFiles:
    (repository,) = find_repositories([root], "self")
    table, _ = file_inputs(
        repository, RepositoryFacts(), lambda paths: np.zeros(len(paths), np.bool_)
    )
    return LooseFiles(table)


def test_a_file_is_read_into_the_buffer_and_its_length_returned(write: Write) -> None:
    files = loose_files(write({"a": b"one", "b": b"", "c": b"three"}))
    buffer = memoryview(bytearray(10))
    contents = []
    for index in range(3):
        length = files.read_into(index, buffer)
        contents.append(bytes(buffer[:length]))
    assert contents == [b"one", b"", b"three"]
    files.close()


def test_a_file_that_is_not_needed_is_not_opened(write: Write) -> None:
    root = write({"a": b"one"})
    files = loose_files(root)
    (root / "a").unlink()
    files.prefetch([False])
    assert files.read_into(0, None) == 0


def test_a_file_that_vanished_is_unreadable(write: Write) -> None:
    root = write({"a": b"one"})
    files = loose_files(root)
    (root / "a").unlink()
    with pytest.raises(UnreadableError) as error:
        files.read_into(0, memoryview(bytearray(10)))
    assert error.value.reason == "unreadable.io"


def test_a_file_that_fills_the_buffer_is_too_large(write: Write) -> None:
    files = loose_files(write({"a": b"0123456789"}))
    with pytest.raises(UnreadableError) as error:
        files.read_into(0, memoryview(bytearray(10)))  # one byte more than the largest record
    assert error.value.reason == "unreadable.too_large"
