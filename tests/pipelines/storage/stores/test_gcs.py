"""What only Google Cloud Storage does: its refusals, its silence, its ways of saying them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.pipelines.storage.retry import ForbiddenError, RemoteError
from codecorpus.pipelines.storage.stores import store_of
from tests.pipelines.storage.web_server import WebServer

URL = "gs://corpus/x"
OBJECT = "/storage/v1/b/corpus/o/x"


class FailingServer(WebServer):
    """Answers everything with one status."""

    status = "200"

    def fault(self, path: str) -> str:  # noqa: ARG002
        return self.status

    def asked(self) -> int:
        """How often the object was asked for; gcsfs looks whether it is a folder meanwhile."""
        return [path for path, _ in self.requests].count(OBJECT)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FailingServer]:
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with FailingServer() as server:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
        yield server


@pytest.mark.parametrize("status", ["401", "403"])
def test_a_refusal_is_said_at_once(server: FailingServer, status: str) -> None:
    server.status = status
    with pytest.raises(ForbiddenError, match=rf"{URL}: refused: .*credentials"):
        store_of(URL).look(URL)
    assert server.asked() == 1


@pytest.mark.parametrize("status", ["429", "500", "503"])
def test_what_may_pass_is_asked_for_as_often_as_elsewhere(
    server: FailingServer, status: str
) -> None:
    server.status = status
    with pytest.raises(RemoteError, match=rf"{URL}: HttpError: .*{status}, 3 times"):
        store_of(URL).look(URL)
    assert server.asked() == 3


def test_a_server_that_stalls_is_left(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", web.url)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.setenv("CODECORPUS_REMOTE_TIMEOUT", "0.1")
    web.files[OBJECT] = b"{}"
    web.faults[OBJECT] = "stall"
    with pytest.raises(RemoteError, match=rf"{URL}: .*[Tt]imeout"):
        store_of(URL).look(URL)


@pytest.mark.usefixtures("gs")
def test_an_upload_in_pieces_appears_whole(tmp_path: Path) -> None:
    store = store_of("gs://")
    store.filesystem().mkdir("pieces")  # type: ignore[attr-defined]
    content = bytes(range(256)) * (60 << 12)  # 60 MiB: more than a piece
    (tmp_path / "x").write_bytes(content)
    found = store.put(tmp_path / "x", "gs://pieces/x")  # type: ignore[attr-defined]
    assert re.fullmatch(r"\d+", found.stamp)
    assert store.read("gs://pieces/x", (50 << 20) - 2, (50 << 20) + 2) == b"\xfe\xff\x00\x01"
    store.fetch(found, tmp_path / "y")
    assert (tmp_path / "y").read_bytes() == content
