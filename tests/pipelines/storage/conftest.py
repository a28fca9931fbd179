"""Servers on loopback: S3, Google Cloud Storage, HDFS, and a web server that misbehaves."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.pipelines.storage import retry, stores
from codecorpus.pipelines.storage.stores.object_store import ObjectStore
from tests.pipelines.storage.data import write_inputs
from tests.pipelines.storage.gcs_server import GcsServer
from tests.pipelines.storage.hdfs_server import HdfsServer
from tests.pipelines.storage.hub_server import HubServer
from tests.pipelines.storage.s3_server import s3_server
from tests.pipelines.storage.stored import HADOOP, KINDS
from tests.pipelines.storage.web_server import WebServer

collect_ignore = [] if HADOOP.exists() else ["stores/test_hdfs_cluster.py"]


@pytest.fixture(autouse=True)
def settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[None]:
    """Short waits, a scratch folder for each test, and stores opened with these settings.

    Tests of buckets share one store of each kind, because a client takes half a second to create.
    """
    shared = "bucket" in request.fixturenames
    monkeypatch.setenv("CODECORPUS_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.setenv("CODECORPUS_REMOTE_TIMEOUT", "5")
    monkeypatch.setenv("CODECORPUS_REMOTE_ATTEMPTS", "3")
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.001)
    if not shared:
        stores.close_all()
    yield
    if not shared:
        stores.close_all()


@pytest.fixture(scope="session")
def s3_environment() -> Iterator[dict[str, str]]:
    """The environment variables for an S3 that all tests share."""
    with s3_server() as environment:
        yield environment


@pytest.fixture(scope="session")
def gcs_endpoint() -> Iterator[str]:
    with GcsServer() as server:
        yield server.url


@pytest.fixture(scope="session")
def hdfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with HdfsServer(HADOOP, tmp_path_factory.mktemp("hdfs")) as server:
        yield server.url


@pytest.fixture
def s3(s3_environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in s3_environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def gs(gcs_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_endpoint)
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture(params=KINDS)
def bucket(request: pytest.FixtureRequest) -> str:
    """The URL of an empty bucket, or of a folder in HDFS, for each kind of store in turn."""
    scheme: str = request.param
    name = f"test-{hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]}"
    if scheme == "hdfs":
        return f"{request.getfixturevalue('hdfs')}/{name}"
    request.getfixturevalue(scheme)
    store = stores.store_of(f"{scheme}://")
    assert isinstance(store, ObjectStore)
    store.filesystem.mkdir(name)
    return f"{scheme}://{name}"


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one file of each kind that sources read."""
    root = tmp_path_factory.mktemp("inputs")
    write_inputs(root)
    return root


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with HubServer() as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server
