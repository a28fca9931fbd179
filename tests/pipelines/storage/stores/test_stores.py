"""Files in every kind of writable store."""

import os
from pathlib import Path

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.io.walk import scan, walk
from codecorpus.pipelines.sources.paths import resolve_paths
from codecorpus.pipelines.storage.errors import RemoteError
from codecorpus.pipelines.storage.glob import expand
from codecorpus.pipelines.storage.locations import Url
from codecorpus.pipelines.storage.stores import base, store_of
from codecorpus.pipelines.storage.stores.base import WritableStore
from tests.pipelines.storage.stored import BUCKETS, break_uploads, writable


@pytest.fixture
def store(bucket: str) -> WritableStore:
    return writable(bucket)


def fill(store: WritableStore, bucket: str, *names: str) -> None:
    for name in names:
        store.write(f"{bucket}/{name}", name.encode())


def test_an_uploaded_file_can_be_read(store: WritableStore, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    file = store.upload(tmp_path / "x", f"{bucket}/a/x")
    assert (file.url, file.size, file.is_folder) == (f"{bucket}/a/x", 10, False)
    assert store.info(f"{bucket}/a/x") == file
    assert store.read(f"{bucket}/a/x", 3, 7) == b"3456"
    store.download(file, tmp_path / "y")
    assert (tmp_path / "y").read_bytes() == b"0123456789"


def test_a_large_file_is_downloaded_block_by_block(
    store: WritableStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "_BLOCK", 7)
    store.write(f"{bucket}/x", b"0123456789" * 3)
    file = store.info(f"{bucket}/x")
    assert file is not None
    store.download(file, tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == b"0123456789" * 3


def test_the_stamp_changes_with_the_file(store: WritableStore, bucket: str) -> None:
    stamps = []
    for data in (b"one", b"two"):
        store.write(f"{bucket}/x", data)
        info = store.info(f"{bucket}/x")
        (listed,) = store.list_folder(bucket)
        assert info == listed
        stamps.append(listed.stamp)
    assert stamps[0] != stamps[1]


def test_a_missing_file_has_no_info_and_may_be_removed(store: WritableStore, bucket: str) -> None:
    assert store.info(f"{bucket}/none") is None
    assert store.find_files(f"{bucket}/none") == []
    store.remove(f"{bucket}/none")


@pytest.mark.parametrize("bucket", BUCKETS, indirect=True)
def test_a_missing_bucket_has_no_files(store: WritableStore, bucket: str) -> None:
    assert store.info(f"{Url(bucket).scheme}://no-such-bucket/none") is None


def test_a_file_is_created_once(store: WritableStore, bucket: str) -> None:
    store.write(f"{bucket}/lock", b"first", create=True)
    with pytest.raises(FileExistsError):
        store.write(f"{bucket}/lock", b"second", create=True)
    assert store.read(f"{bucket}/lock", 0, 5) == b"first"


def test_a_folder_is_removed_with_its_files(store: WritableStore, bucket: str) -> None:
    fill(store, bucket, "a/x", "a/b/y", "ab")
    store.remove(f"{bucket}/a")
    assert [file.url for file in store.find_files(bucket)] == [f"{bucket}/ab"]


def test_an_upload_of_the_wrong_size_is_an_error(
    store: WritableStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x").write_bytes(b"0123456789")
    break_uploads(store, monkeypatch, lambda *_: store.write(f"{bucket}/x", b"half"))
    with pytest.raises(RemoteError, match=r"uploaded 10 bytes, but the store has 4 bytes; run"):
        store.upload(tmp_path / "x", f"{bucket}/x")


def test_a_remote_folder_is_walked_like_a_local_one(
    store: WritableStore, bucket: str, tmp_path: Path
) -> None:
    names = ("b.py", "a/x.py", "a.py", "a0", "a/.git/config", "a/__pycache__/x.pyc", "é/y", "out/z")
    fill(store, bucket, *(f"r/{name}" for name in names))
    for name in names:
        (tmp_path / "r" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "r" / name).write_bytes(f"r/{name}".encode())
    there, here = f"{bucket}/r".encode(), os.fsencode(tmp_path / "r")
    for look in (walk, scan):
        found, expected = (
            [(entry.path, entry.size, entry.is_folder) for entry in look(at, exclude=at + b"/out")]
            for at in (there, here)
        )
        assert found == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("p/*.zst", ["p/1.zst", "p/2.zst", "p/[3].zst"]),
        ("*/1.zst", ["p/1.zst", "q/1.zst"]),
        ("p", ["p"]),
        ("p/1.zst", ["p/1.zst"]),
        ("p/*", ["p/1.zst", "p/2.zst", "p/[3].zst", "p/x.gz"]),
        ("p/[3]*", ["p/[3].zst"]),
        ("p/.*", ["p/.4.zst"]),
        ("p/none*", []),
        ("none", []),
    ],
)
def test_a_star_matches_any_part_of_a_name(
    store: WritableStore, bucket: str, pattern: str, expected: list[str]
) -> None:
    fill(store, bucket, "p/1.zst", "p/2.zst", "p/[3].zst", "p/.4.zst", "p/x.gz", "q/1.zst")
    assert [url.text for url in expand(Url(f"{bucket}/{pattern}"))] == [
        f"{bucket}/{name}" for name in expected
    ]


def test_a_recipe_s_urls_are_resolved_in_the_order_written(
    store: WritableStore, bucket: str, tmp_path: Path
) -> None:
    fill(store, bucket, "b.zip", "a.zip")
    source = FolderSettings(paths=(f"{bucket}/b.zip", f"{bucket}/*.zip"))
    assert resolve_paths(source, tmp_path) == [Url(f"{bucket}/b.zip"), Url(f"{bucket}/a.zip")]
    with pytest.raises(UsageError, match=r"path `.*://.*/c\.zip`: there is no such file or folder"):
        resolve_paths(FolderSettings(paths=(f"{bucket}/c.zip",)), tmp_path)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(UsageError, match=r"s3:// needs s3fs .*pip install 'codecorpus\[aws\]'"):
        store_of("s3://b/k")
