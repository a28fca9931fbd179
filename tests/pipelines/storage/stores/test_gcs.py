"""Google Cloud Storage: refusals, stalls, and errors in its own form."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.pipelines.storage.errors import ForbiddenError, RemoteError
from codecorpus.pipelines.storage.stores import store_of
from tests.pipelines.storage.web_server import WebServer

URL = "gs://corpus/x"
OBJECT = "/storage/v1/b/corpus/o/x"


class FailingServer(WebServer):
    """Answers every request with one status."""

    status = "200"

    def fault(self, path: str) -> str:  # noqa: ARG002
        return self.status

    def object_requests(self) -> int:
        """Requests for the object itself; gcsfs also asks whether it is a folder."""
        return [path for path, _ in self.requests].count(OBJECT)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FailingServer]:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with FailingServer() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        yield server


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_refusal_is_raised_at_once(server: FailingServer, status: str) -> None:
    server.status = status
    with pytest.raises(ForbiddenError, match=rf"{URL}: refused: .*credentials"):
        store_of(URL).info(URL)
    assert server.object_requests() == 1


@pytest.mark.parametrize("status", ["429", "500", "503"])
def test_temporary_failures_are_retried_as_in_other_stores(
    server: FailingServer, status: str
) -> None:
    server.status = status
    with pytest.raises(RemoteError, match=rf"{URL}: HttpError: .*{status}.* \(after 3 attempts\)"):
        store_of(URL).info(URL)
    assert server.object_requests() == 3


def test_a_server_that_stalls_times_out(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", web.url)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CODECORPUS_REMOTE_TIMEOUT", "0.1")
    web.files[OBJECT] = b"{}"
    web.faults[OBJECT] = "stall"
    with pytest.raises(RemoteError, match=rf"{URL}: .*[Tt]imeout"):
        store_of(URL).info(URL)


@pytest.mark.usefixtures("gs")
def test_a_multipart_upload_is_stored_whole(tmp_path: Path) -> None:
    store = store_of("gs://")
    store.filesystem.mkdir("parts")  # type: ignore[attr-defined]
    content = bytes(range(256)) * (60 << 12)  # 60 MiB: more than one part
    (tmp_path / "x").write_bytes(content)
    file = store.upload(tmp_path / "x", "gs://parts/x")  # type: ignore[attr-defined]
    assert re.fullmatch(r"\d+", file.stamp)
    assert store.read("gs://parts/x", (50 << 20) - 2, (50 << 20) + 2) == b"\xfe\xff\x00\x01"
    store.download(file, tmp_path / "y")
    assert (tmp_path / "y").read_bytes() == content
