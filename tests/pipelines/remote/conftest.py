"""Servers on loopback: an S3 of moto's, a web server that misbehaves on demand, a small hub."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.remote import faults, stores
from tests.pipelines.remote.s3_server import s3_server
from tests.pipelines.remote.web_server import WebServer


@pytest.fixture(autouse=True)
def settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Short waits, a scratch folder of the test's own, and stores that know of both.

    Tests of S3 share one store, whose client takes half a second to make.
    """
    shared = "bucket" in request.fixturenames
    monkeypatch.setenv("CODECORPUS_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("CODECORPUS_REMOTE_TIMEOUT", "5")
    monkeypatch.setenv("CODECORPUS_REMOTE_ATTEMPTS", "3")
    monkeypatch.setattr(faults, "FIRST_PAUSE", 0.001)
    if not shared:
        stores.forget()
    yield
    if not shared:
        stores.forget()


@pytest.fixture(scope="session")
def s3() -> Iterator[dict[str, str]]:
    """What the environment must hold to reach an S3 that all tests share."""
    with s3_server() as environment:
        yield environment


@pytest.fixture
def bucket(
    s3: dict[str, str], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> str:
    """The URL of an empty bucket."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    name = f"test-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"
    stores.store_of("s3://").filesystem().mkdir(name)  # type: ignore[attr-defined]
    return f"s3://{name}"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server
