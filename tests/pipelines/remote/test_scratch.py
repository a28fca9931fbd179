"""Copies on the disk, whatever other builds of this machine do meanwhile."""

from pathlib import Path

import pytest

from pipelines.remote import scratch
from pipelines.remote.faults import ChangedError
from pipelines.remote.stores import Found, store_of
from pipelines.remote.web import Web
from tests.pipelines.remote.web_server import WebServer


@pytest.fixture
def found(web: WebServer) -> Found:
    web.files["/x"] = b"0123456789"
    there = store_of(web.url).look(f"{web.url}/x")
    assert there is not None
    return there


@pytest.mark.parametrize("before", [True, False])
def test_a_build_that_ends_may_sweep_the_folder(
    found: Found, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    fetch = Web.fetch
    sweeps: list[Path] = []

    def swept(store: Web, found: Found, into: Path) -> None:
        if sweeps:
            fetch(store, found, into)
            return
        sweeps.append(into)
        if before:
            scratch.remove("inputs")
        fetch(store, found, into)
        scratch.remove("inputs")

    monkeypatch.setattr(Web, "fetch", swept)
    copy = scratch.copy_of(found)
    assert copy is not None
    assert copy.read_bytes() == b"0123456789"
    assert sweeps


def test_a_file_that_is_gone_is_said_to_be(found: Found, web: WebServer) -> None:
    del web.files["/x"]
    with pytest.raises(ChangedError, match="/x: gone since it was listed"):
        scratch.copy_of(found)
