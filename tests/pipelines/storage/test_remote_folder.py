"""A remote output folder has the guarantees of a local one."""

import hashlib
import shutil
from pathlib import Path

import pytest

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.storage import local_cache, open_folder
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.errors import ForbiddenError
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Url
from tests.pipelines.storage.stored import BUCKETS, break_uploads, writable


@pytest.fixture
def url(bucket: str) -> Url:
    return Url(f"{bucket}/out")


@pytest.fixture
def folder(url: Url) -> Folder:
    return open_folder(url)


def test_a_file_appears_when_it_is_complete(folder: Folder) -> None:
    digests: dict[str, FileDigest] = {}
    with folder.create("a/b.txt", digests) as file:
        file.write(b"one")
        assert not folder.exists("a/b.txt")
        file.write(b"two")
    assert folder.read_bytes("a/b.txt") == b"onetwo"
    assert digests == {"a/b.txt": FileDigest(6, hashlib.sha256(b"onetwo").hexdigest())}
    assert folder.digest_of("a/b.txt") == digests["a/b.txt"]


def write_and_fail(folder: Folder) -> None:
    with folder.create("x", {}) as file:
        file.write(b"half")
        raise RuntimeError("halfway")


def test_an_error_keeps_the_old_file_and_leaves_no_temporary_one(folder: Folder) -> None:
    folder.write_bytes("x", b"before", {})
    with pytest.raises(RuntimeError, match="halfway"):
        write_and_fail(folder)
    assert folder.read_bytes("x") == b"before"
    assert not list(local_cache.folder().rglob("*.unfinished"))


def test_a_file_written_by_this_machine_is_not_fetched(
    folder: Folder, url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_bytes("x", b"content", {})
    monkeypatch.setattr(type(writable(url.text)), "download", lambda *_: pytest.fail("fetched"))
    assert folder.path("x").read_bytes() == b"content"
    assert open_folder(url).path("x").read_bytes() == b"content"


def test_another_machine_fetches_a_file_once(
    folder: Folder, url: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_bytes("x", b"content", {})
    shutil.rmtree(local_cache.folder())
    assert open_folder(url).path("x").read_bytes() == b"content"
    monkeypatch.setattr(type(writable(url.text)), "download", lambda *_: pytest.fail("fetched"))
    assert open_folder(url).path("x").read_bytes() == b"content"


def test_a_removed_copy_is_fetched_again(folder: Folder) -> None:
    folder.write_bytes("x", b"content", {})
    folder.path("x").unlink()
    assert folder.path("x").read_bytes() == b"content"


def test_a_replaced_file_gets_a_new_copy(folder: Folder, url: Url) -> None:
    folder.write_bytes("x", b"one", {})
    folder.write_bytes("x", b"two", {})
    assert folder.path("x").read_bytes() == b"two"
    assert open_folder(url).path("x").read_bytes() == b"two"


def test_unused_copies_are_removed_when_the_disk_is_full(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    folder.write_bytes("old", b"old", {})
    folder.write_bytes("new", b"new", {})
    old, new = folder.path("old"), folder.path("new")
    os.utime(old, (0, 0))
    free = iter([0, 10])
    monkeypatch.setattr(local_cache, "_free_bytes", lambda: next(free, 10))
    new.unlink()
    assert folder.path("new").read_bytes() == b"new"
    assert not old.exists()


def test_a_full_disk_is_reported(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write_bytes("x", b"content", {})
    folder.remove_copies()
    monkeypatch.setattr(local_cache, "_free_bytes", lambda: 0)
    with pytest.raises(StorageError, match=r"out/x: no room for a copy.*CODECORPUS_SCRATCH"):
        folder.path("x")


def test_a_missing_file_raises_as_a_local_one_does(folder: Folder) -> None:
    with pytest.raises(FileNotFoundError, match="out/none"):
        folder.path("none")
    with pytest.raises(StorageError, match=r"out/none\.json"):
        folder.read_json("none.json")
    assert folder.names("none") == []


def test_files_are_listed_bytewise_without_excluded_folders(folder: Folder) -> None:
    for name in ("b", "a/é", "log/x", "report/y", "a/log/z"):
        folder.write_bytes(name, name.encode(), {})
    assert folder.files(exclude=("log", "report")) == ["a/log/z", "a/é", "b"]
    assert folder.names() == ["a", "b", "log", "report"]


def test_a_marker_counts_only_with_all_its_files(folder: Folder, url: Url) -> None:
    digests: dict[str, FileDigest] = {}
    folder.write_bytes("data", b"12345", digests)
    folder.write_marker("m.json", {"rows": 5}, digests)
    marker = folder.read_marker("m.json")
    assert marker is not None
    assert marker["rows"] == 5
    store = writable(url.text)
    store.write(f"{url}/data", b"123")
    assert open_folder(url).read_marker("m.json") is None
    folder.remove("data")
    assert open_folder(url).read_marker("m.json") is None


def test_removed_files_are_not_remembered(folder: Folder) -> None:
    digests: dict[str, FileDigest] = {}
    folder.write_bytes("log/work/a/data", b"12345", digests)
    for name in ("log/work/a/m.json", "log/work/ab/m.json"):
        folder.write_marker(name, {}, digests)
        assert folder.read_marker(name) is not None
    folder.remove("log/work/a")
    assert folder.read_marker("log/work/a/m.json") is None
    with pytest.raises(FileNotFoundError):
        folder.path("log/work/a/data")


def test_damaged_files_are_named(folder: Folder, url: Url) -> None:
    digests: dict[str, FileDigest] = {}
    for name in ("short", "gone", "whole"):
        folder.write_bytes(f"log/work/a/{name}", b"12345", digests)
    folder.write_marker("log/work/a/00000.json", {}, digests)
    assert list(folder.find_damage("log/work")) == []
    folder.write_bytes("log/work/a/short", b"123", {})
    folder.remove("log/work/a/gone")
    damaged = [line.partition(": ")[0] for line in open_folder(url).find_damage("log/work")]
    assert damaged == [f"{url}/log/work/a/gone", f"{url}/log/work/a/short"]


def test_a_folder_is_removed_with_its_files(folder: Folder) -> None:
    for name in ("log/work/a/x", "log/work/y", "log/z"):
        folder.write_bytes(name, b"", {})
    folder.remove("log/work")
    assert folder.names("log") == ["z"]
    folder.remove("log/work")


@pytest.mark.parametrize("bucket", BUCKETS, indirect=True)
def test_a_missing_bucket_is_reported(bucket: str) -> None:
    missing = f"{Url(bucket).scheme}://no-such-bucket-1"
    folder = open_folder(Url(f"{missing}/out"))
    with pytest.raises(StorageError, match=rf"{missing}/out/x: there is no bucket {missing};"):
        folder.write_bytes("x", b"1", {})
    with pytest.raises(ForbiddenError, match=r"out/log/lock: there is no bucket"), folder.lock():
        pytest.fail("locked")


def test_a_refusal_is_reported(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("Access Denied")

    break_uploads(writable(str(folder.root)), monkeypatch, refuse)
    with pytest.raises(StorageError, match=r"out/x: refused: .*Access Denied.*docs/remote\.md"):
        folder.write_bytes("x", b"1", {})


def test_a_trace_that_cannot_be_stored_is_skipped(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codecorpus.pipelines.stages.context import Build

    def fail(*_: object) -> None:
        raise ConnectionError("down")

    break_uploads(writable(str(folder.root)), monkeypatch, fail)
    Build(folder, None, None).write_trace("log/errors/x.txt", "why")  # type: ignore[arg-type]
    assert not folder.exists("log/errors")


def test_the_scratch_folder_is_local(folder: Folder) -> None:
    assert isinstance(folder.scratch_folder(), Path)
    assert folder.scratch_folder().is_dir()
