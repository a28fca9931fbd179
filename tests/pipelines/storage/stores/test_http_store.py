"""Files by HTTP: mistakes of servers are noticed, retried if that may help, and reported."""

from pathlib import Path

import pytest

from codecorpus.foundation.errors import CodecorpusError, InputError, UsageError
from codecorpus.pipelines.storage.errors import ForbiddenError, RemoteError
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.stores import store_of
from tests.pipelines.storage.web_server import WebServer

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def url(web: WebServer) -> str:
    web.files["/data/x.jsonl"] = CONTENT
    return f"{web.url}/data/x.jsonl"


def info(url: str) -> FileInfo:
    file = store_of(url).info(url)
    assert file is not None
    return file


def test_info_has_size_and_stamp_and_fetches_one_byte(url: str, web: WebServer) -> None:
    file = info(url)
    assert (file.size, file.supports_ranges, file.is_folder) == (len(CONTENT), True, False)
    assert file.stamp
    assert web.requests == [("/data/x.jsonl", "bytes=0-0")]
    web.files["/data/x.jsonl"] = CONTENT + b"x"
    assert info(url).stamp != file.stamp


def test_a_range_has_the_file_s_bytes(url: str) -> None:
    assert store_of(url).read(url, 100, 300) == CONTENT[100:300]
    assert store_of(url).read(url, 5, 5) == b""


def test_an_empty_file_has_size_0(url: str, web: WebServer) -> None:
    web.files["/data/x.jsonl"] = b""
    assert info(url).size == 0


@pytest.mark.parametrize("fault", ["500", "503", "half", "longer", "elsewhere"])
def test_temporary_failures_are_retried(url: str, web: WebServer, fault: str) -> None:
    web.faults["/data/x.jsonl"] = [fault, fault]
    assert store_of(url).read(url, 0, 1_000) == CONTENT[:1_000]
    assert len(web.requests) == 3


@pytest.mark.parametrize("fault", ["500", "half", "longer", "elsewhere", "whole"])
def test_a_failure_that_persists_names_the_file(url: str, web: WebServer, fault: str) -> None:
    web.faults["/data/x.jsonl"] = fault
    with pytest.raises(
        RemoteError, match=r"x\.jsonl: .* \(after 3 attempts\); run the same command again"
    ):
        store_of(url).read(url, 1, 1_000)
    assert len(web.requests) == 3


def test_a_server_that_stalls_times_out(
    url: str, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODECORPUS_REMOTE_TIMEOUT", "0.1")
    web.faults["/data/x.jsonl"] = "stall"
    with pytest.raises(RemoteError, match=r"x\.jsonl: ReadTimeout"):
        store_of(url).read(url, 0, 1_000)


@pytest.mark.parametrize("fault", ["403", "401", "410"])
def test_a_refusal_is_raised_at_once(url: str, web: WebServer, fault: str) -> None:
    web.faults["/data/x.jsonl"] = fault
    with pytest.raises(ForbiddenError, match=rf"refused: .*{fault}"):
        info(url)
    assert len(web.requests) == 1


def test_a_missing_file_has_no_info(url: str, web: WebServer) -> None:
    assert store_of(url).info(f"{web.url}/none") is None


def test_a_page_instead_of_a_file_is_refused(url: str, web: WebServer) -> None:
    web.faults["/data/x.jsonl"] = "page"
    with pytest.raises(InputError, match="received a web page"):
        info(url)


def test_a_file_of_unknown_size_is_refused(url: str, web: WebServer) -> None:
    web.faults["/data/x.jsonl"] = "unsized"
    with pytest.raises(InputError, match="does not state the size of the file"):
        info(url)


def test_a_server_without_ranges_sends_the_whole_file(
    url: str, web: WebServer, tmp_path: Path
) -> None:
    web.faults["/data/x.jsonl"] = "whole"
    file = info(url)
    assert not file.supports_ranges
    store_of(url).download(file, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT


def test_a_server_that_is_down(url: str, web: WebServer) -> None:
    web.__exit__()
    with pytest.raises(RemoteError, match="ConnectError"):
        info(url)


def test_web_servers_have_no_folders(url: str) -> None:
    with pytest.raises(UsageError, match="list each file by its own URL"):
        store_of(url).list_folder(url)


def test_the_web_cannot_be_an_output_folder(url: str) -> None:
    from codecorpus.pipelines.storage import open_folder
    from codecorpus.pipelines.storage.locations import parse_location

    with pytest.raises(CodecorpusError, match="cannot be written; expected a local path"):
        open_folder(parse_location(url))
