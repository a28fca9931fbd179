"""Writes are atomic; digests and markers agree with the files."""

import hashlib
from pathlib import Path

import pytest

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "out")


def test_a_file_appears_when_it_is_complete(folder: Folder) -> None:
    digests: dict[str, FileDigest] = {}
    with folder.create("a/b.txt", digests) as file:
        file.write(b"one")
        assert not folder.exists("a/b.txt")
        file.write(b"two")
    assert folder.path("a/b.txt").read_bytes() == b"onetwo"
    assert digests == {"a/b.txt": FileDigest(6, hashlib.sha256(b"onetwo").hexdigest())}
    assert digests["a/b.txt"] == folder.digest_of("a/b.txt")


def write_and_fail(folder: Folder, digests: dict[str, FileDigest]) -> None:
    with folder.create("x", digests) as file:
        file.write(b"half")
        raise RuntimeError("halfway")


def test_an_error_leaves_no_file(folder: Folder) -> None:
    digests: dict[str, FileDigest] = {}
    with pytest.raises(RuntimeError, match="halfway"):
        write_and_fail(folder, digests)
    assert not folder.exists("x")
    assert digests == {}
    assert list(folder.path("log/tmp").iterdir()) == []


def test_an_error_keeps_the_old_file(folder: Folder) -> None:
    folder.write_bytes("x", b"before", {})
    with pytest.raises(RuntimeError):
        write_and_fail(folder, {})
    assert folder.path("x").read_bytes() == b"before"


def write_to_full_disk(folder: Folder) -> None:
    with folder.create("shards/x", {}) as file, Path("/dev/full").open("wb", 0) as full:
        file.write(b"some")
        full.write(b"x")


def test_a_full_disk_is_reported_with_the_file_and_what_to_do(folder: Folder) -> None:
    with pytest.raises(StorageError, match=r"shards/x.*No space left.*free some space"):
        write_to_full_disk(folder)
    assert not folder.exists("shards/x")


def test_files_are_listed_bytewise_without_excluded_folders(folder: Folder) -> None:
    for name in ("b", "a/é", "log/x", "report/y", "a/log/z"):
        folder.write_bytes(name, name.encode(), {})
    assert folder.files(exclude=("log", "report")) == ["a/log/z", "a/é", "b"]


def test_a_marker_counts_only_with_all_its_files(folder: Folder) -> None:
    digests: dict[str, FileDigest] = {}
    folder.write_bytes("data", b"12345", digests)
    folder.write_marker("m.json", {"rows": 5}, digests)
    marker = folder.read_marker("m.json")
    assert marker is not None
    assert marker["rows"] == 5
    folder.path("data").write_bytes(b"123")
    assert folder.read_marker("m.json") is None
    folder.path("data").unlink()
    assert folder.read_marker("m.json") is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"files": 3}', '{"rows": 1}'])
def test_a_damaged_marker_counts_as_missing(folder: Folder, text: str) -> None:
    folder.write_bytes("m.json", text.encode(), {})
    assert folder.read_marker("m.json") is None


def test_missing_json_is_a_storage_error(folder: Folder) -> None:
    with pytest.raises(StorageError, match=r"none\.json"):
        folder.read_json("none.json")
