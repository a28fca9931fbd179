"""Remote files are opened like local ones: in ranges, or from a copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.pipelines.sources.base import IO, UnreadableError
from codecorpus.pipelines.sources.io import open_file
from codecorpus.pipelines.storage import settings, stores
from codecorpus.pipelines.storage.errors import ChangedError
from tests.pipelines.storage.web_server import WebServer

CONTENT = bytes(range(256)) * 40
PATH = "/data/x.jsonl"


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv(settings.SCRATCH, str(tmp_path / "scratch"))
    with WebServer() as server:
        server.files[PATH] = CONTENT
        yield server
    stores.close_all()


def listed(web: WebServer) -> tuple[int, str]:
    """Size and stamp, as a source lists them."""
    opened = open_file(f"{web.url}{PATH}".encode())
    opened.file.close()
    web.requests.clear()
    return opened.size, opened.stamp


@pytest.mark.parametrize("whole", [False, True])
def test_a_remote_file_is_read_at_offsets(web: WebServer, whole: bool) -> None:
    file, size, _ = open_file(f"{web.url}{PATH}".encode(), listed(web), whole=whole)
    assert size == len(CONTENT)
    assert file.pread(100, 200) == CONTENT[200:300]
    assert file.pread(100, size) == b""
    buffer = bytearray(50)
    assert file.preadinto(memoryview(buffer), 1_000) == 50
    assert bytes(buffer) == CONTENT[1_000:1_050]
    file.close()


def test_a_copy_is_fetched_once(web: WebServer) -> None:
    stamp = listed(web)
    for _ in range(3):
        file, *_ = open_file(f"{web.url}{PATH}".encode(), stamp, whole=True)
        assert file.pread(1 << 20, 0) == CONTENT
        file.close()
    fetched = [wanted for _, wanted in web.requests if wanted != "bytes=0-0"]
    assert len(fetched) == 1


def test_a_server_without_ranges_is_read_from_a_copy(web: WebServer) -> None:
    web.faults[PATH] = "whole"
    file, size, _ = open_file(f"{web.url}{PATH}".encode())
    assert (size, file.pread(10, 500)) == (len(CONTENT), CONTENT[500:510])
    file.close()


def test_a_file_that_changed_since_it_was_listed_is_refused(web: WebServer) -> None:
    stamp = listed(web)
    web.files[PATH] = CONTENT + b"more"
    with pytest.raises(ChangedError, match=r"x\.jsonl"):
        open_file(f"{web.url}{PATH}".encode(), stamp)


def test_a_missing_file_is_unreadable_if_it_was_never_listed(web: WebServer) -> None:
    with pytest.raises(UnreadableError) as error:
        open_file(f"{web.url}/data/none.jsonl".encode())
    assert error.value.reason == IO
    stamp = listed(web)
    del web.files[PATH]
    with pytest.raises(ChangedError):
        open_file(f"{web.url}{PATH}".encode(), stamp)
