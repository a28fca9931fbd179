"""Copies on the disk, whatever other builds of this machine do meanwhile."""

from pathlib import Path

import pytest

from codecorpus.pipelines.storage import local_cache
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.retry import ChangedError
from codecorpus.pipelines.storage.stores import store_of
from codecorpus.pipelines.storage.stores.http_store import Web
from tests.pipelines.storage.web_server import WebServer


@pytest.fixture
def found(web: WebServer) -> FileInfo:
    web.files["/x"] = b"0123456789"
    there = store_of(web.url).look(f"{web.url}/x")
    assert there is not None
    return there


@pytest.mark.parametrize("before", [True, False])
def test_a_build_that_ends_may_sweep_the_folder(
    found: FileInfo, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    fetch = Web.fetch
    sweeps: list[Path] = []

    def swept(store: Web, found: FileInfo, into: Path) -> None:
        if sweeps:
            fetch(store, found, into)
            return
        sweeps.append(into)
        if before:
            local_cache.remove("inputs")
        fetch(store, found, into)
        local_cache.remove("inputs")

    monkeypatch.setattr(Web, "fetch", swept)
    copy = local_cache.copy_of(found)
    assert copy is not None
    assert copy.read_bytes() == b"0123456789"
    assert sweeps


def test_a_file_that_is_gone_is_said_to_be(found: FileInfo, web: WebServer) -> None:
    del web.files["/x"]
    with pytest.raises(ChangedError, match="/x: gone since it was listed"):
        local_cache.copy_of(found)
