"""Files are read in order, remote ones from a prefetcher."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from codecorpus.pipelines.sources.base import Limits, UnreadableError
from codecorpus.pipelines.sources.folder.inputs import RepositoryFacts, file_inputs
from codecorpus.pipelines.sources.folder.loose_files import LooseFiles, loose_file_groups
from codecorpus.pipelines.sources.folder.repositories import find_repositories

Write = Callable[..., Path]


def inputs_of(root: Path) -> pa.Table:
    (repository,) = find_repositories([root], "self")
    table, _ = file_inputs(repository, RepositoryFacts())
    return table


def loose_files(root: Path) -> LooseFiles:
    return LooseFiles(inputs_of(root))


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


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 7, 100])
def test_groups_of_any_size_contain_each_file_once_in_order(write: Write, batch_rows: int) -> None:
    contents = [b"x" * number for number in range(7)]
    root = write({f"{number}.py": content for number, content in enumerate(contents)})
    buffer = memoryview(bytearray(10))
    paths: list[str] = []
    found: list[bytes] = []
    for group in loose_file_groups(inputs_of(root), Limits(batch_rows=batch_rows)):
        assert 0 < group.names.num_rows <= batch_rows
        paths += group.names["path"].to_pylist()
        for index in range(group.names.num_rows):
            length = group.read_into(index, buffer)
            found.append(bytes(buffer[:length]))
    assert paths == [f"{number}.py" for number in range(7)]
    assert found == contents


def test_a_file_over_the_limit_has_an_error_in_its_group(write: Write) -> None:
    root = write({"large.py": b"x" * 11, "small.py": b"x" * 10})
    (group,) = loose_file_groups(inputs_of(root), Limits(record_bytes=10))
    assert group.names["error"].to_pylist() == ["unreadable.too_large", None]
    assert group.names["detail"].to_pylist() == ["11 bytes or more, over the limit of 10", None]
