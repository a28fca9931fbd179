"""Copies are made even if other builds of this machine remove the folder."""

from pathlib import Path

import pytest

from codecorpus.pipelines.storage import local_cache
from codecorpus.pipelines.storage.errors import ChangedError
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.stores import store_of
from codecorpus.pipelines.storage.stores.http_store import HttpStore
from tests.pipelines.storage.web_server import WebServer


@pytest.fixture
def file(web: WebServer) -> FileInfo:
    web.files["/x"] = b"0123456789"
    info = store_of(web.url).info(f"{web.url}/x")
    assert info is not None
    return info


@pytest.mark.parametrize("before", [True, False])
def test_a_build_that_ends_may_remove_the_folder(
    file: FileInfo, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    download = HttpStore.download
    removals: list[Path] = []

    def removing(store: HttpStore, file: FileInfo, into: Path) -> None:
        if removals:
            download(store, file, into)
            return
        removals.append(into)
        if before:
            local_cache.remove("inputs")
        download(store, file, into)
        local_cache.remove("inputs")

    monkeypatch.setattr(HttpStore, "download", removing)
    copy = local_cache.copy_of(file)
    assert copy is not None
    assert copy.read_bytes() == b"0123456789"
    assert removals


def test_a_missing_file_is_reported(file: FileInfo, web: WebServer) -> None:
    del web.files["/x"]
    with pytest.raises(ChangedError, match="/x: gone since it was listed"):
        local_cache.copy_of(file)
