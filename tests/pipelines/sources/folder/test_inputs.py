"""The table of a part's inputs."""

import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from codecorpus.pipelines.sources.archives.archive import Archive
from codecorpus.pipelines.sources.folder.inputs import (
    FILE,
    SCHEMA,
    RepositoryFacts,
    archive_from_inputs,
    archive_inputs,
    file_inputs,
)
from codecorpus.pipelines.sources.folder.repositories import find_repositories

Write = Callable[..., Path]


def test_each_file_has_a_row_with_the_facts_of_its_repository(write: Write) -> None:
    root = write({"r/b.py": b"12345", "r/a.png": b"1234567"})
    (repository,) = find_repositories([root], "children")
    facts = RepositoryFacts(stars=7, license="MIT", commit="c0ffee", fetched="2026-12-01")
    table, weights = file_inputs(repository, facts)
    assert table.schema == SCHEMA
    assert table["name"].to_pylist() == ["r/a.png", "r/b.py"]
    assert table["size"].to_pylist() == [7, 5]
    assert table["kind"].to_pylist() == [FILE, FILE]
    assert table["repository_bytes"].to_pylist() == [12, 12]
    for name, value in (("stars", 7), ("license", "MIT"), ("commit", "c0ffee")):
        assert table[name].to_pylist() == [value, value]
    assert weights[1] - weights[0] == 5, "a file that will not be read weighs its opening alone"


def test_an_empty_repository_has_an_empty_table(write: Write) -> None:
    root = write({"x.py": b""})
    (root / "x.py").unlink()
    (repository,) = find_repositories([root], "self")
    table, weights = file_inputs(repository, RepositoryFacts())
    assert (table.num_rows, len(weights)) == (0, 0)
    assert table.schema == SCHEMA


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    source = tmp_path / "source"
    source.mkdir()
    for number in range(20):
        (source / f"{number:02d}.py").write_bytes(b"x" * 5_000)
    path = tmp_path / "foo.tar"
    with tarfile.open(path, "w") as tar:
        tar.add(source, "foo")
    return path


@pytest.mark.parametrize(("part_bytes", "is_split"), [(1 << 30, False), (20_000, True)])
def test_a_large_archive_has_a_row_for_each_split(
    archive: Path, part_bytes: int, is_split: bool
) -> None:
    (repository,) = find_repositories([archive], "auto")
    table, weights = archive_inputs(repository, RepositoryFacts(), part_bytes, None)
    assert (table.num_rows > 1) is is_split
    assert table["name"].to_pylist() == ["foo/foo.tar"] * table.num_rows
    archives = [archive_from_inputs(table, row) for row in range(table.num_rows)]
    assert all(isinstance(each, Archive) for each in archives)
    assert {each.repository for each in archives} == {"foo"}
    assert len(weights) == table.num_rows
    assert sum(weights.tolist()) >= 100_000
