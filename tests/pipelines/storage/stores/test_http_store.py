"""Files by HTTP: what servers do wrong is noticed, tried again where that may help, and said."""

from pathlib import Path

import pytest

from codecorpus.foundation.errors import CodecorpusError, InputError, UsageError
from codecorpus.pipelines.storage.locations import FileInfo
from codecorpus.pipelines.storage.retry import ForbiddenError, RemoteError
from codecorpus.pipelines.storage.stores import store_of
from tests.pipelines.storage.web_server import WebServer

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def url(web: WebServer) -> str:
    web.files["/data/x.jsonl"] = CONTENT
    return f"{web.url}/data/x.jsonl"


def look(url: str) -> FileInfo:
    found = store_of(url).look(url)
    assert found is not None
    return found


def test_a_look_tells_size_and_stamp_and_fetches_no_more_than_a_byte(
    url: str, web: WebServer
) -> None:
    found = look(url)
    assert (found.size, found.has_ranges, found.is_folder) == (len(CONTENT), True, False)
    assert found.stamp
    assert web.requests == [("/data/x.jsonl", "bytes=0-0")]
    web.files["/data/x.jsonl"] = CONTENT + b"x"
    assert look(url).stamp != found.stamp


def test_a_range_is_what_stands_there(url: str) -> None:
    assert store_of(url).read(url, 100, 300) == CONTENT[100:300]
    assert store_of(url).read(url, 5, 5) == b""


def test_an_empty_file_has_no_bytes(url: str, web: WebServer) -> None:
    web.files["/data/x.jsonl"] = b""
    assert look(url).size == 0


@pytest.mark.parametrize("fault", ["500", "503", "half", "longer", "elsewhere"])
def test_what_may_pass_is_asked_for_again(url: str, web: WebServer, fault: str) -> None:
    web.faults["/data/x.jsonl"] = [fault, fault]
    assert store_of(url).read(url, 0, 1_000) == CONTENT[:1_000]
    assert len(web.requests) == 3


@pytest.mark.parametrize("fault", ["500", "half", "longer", "elsewhere", "whole"])
def test_a_server_that_never_gets_it_right_is_named(url: str, web: WebServer, fault: str) -> None:
    web.faults["/data/x.jsonl"] = fault
    with pytest.raises(RemoteError, match=r"x\.jsonl: .*, 3 times; run the same command again"):
        store_of(url).read(url, 1, 1_000)
    assert len(web.requests) == 3


def test_a_server_that_stalls_is_left(
    url: str, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODECORPUS_REMOTE_TIMEOUT", "0.1")
    web.faults["/data/x.jsonl"] = "stall"
    with pytest.raises(RemoteError, match=r"x\.jsonl: ReadTimeout"):
        store_of(url).read(url, 0, 1_000)


@pytest.mark.parametrize("fault", ["403", "401", "410"])
def test_a_refusal_is_said_at_once(url: str, web: WebServer, fault: str) -> None:
    web.faults["/data/x.jsonl"] = fault
    with pytest.raises(ForbiddenError, match=rf"refused: .*{fault}"):
        look(url)
    assert len(web.requests) == 1


def test_what_is_not_there_is_nothing(url: str, web: WebServer) -> None:
    assert store_of(url).look(f"{web.url}/none") is None


def test_a_page_instead_of_a_file_is_refused(url: str, web: WebServer) -> None:
    web.faults["/data/x.jsonl"] = "page"
    with pytest.raises(InputError, match="a web page came"):
        look(url)


def test_a_file_of_unknown_size_is_refused(url: str, web: WebServer) -> None:
    web.faults["/data/x.jsonl"] = "unsized"
    with pytest.raises(InputError, match="does not say how large"):
        look(url)


def test_a_server_without_ranges_gives_the_whole(url: str, web: WebServer, tmp_path: Path) -> None:
    web.faults["/data/x.jsonl"] = "whole"
    found = look(url)
    assert not found.has_ranges
    store_of(url).fetch(found, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == CONTENT


def test_nobody_answers(url: str, web: WebServer) -> None:
    web.__exit__()
    with pytest.raises(RemoteError, match="ConnectError"):
        look(url)


def test_the_web_has_no_folders(url: str) -> None:
    with pytest.raises(UsageError, match="name each file by its own URL"):
        store_of(url).children(url)


def test_the_web_is_no_output(url: str) -> None:
    from codecorpus.pipelines.storage import open_folder
    from codecorpus.pipelines.storage.locations import parse_location

    with pytest.raises(CodecorpusError, match="an output folder lies on this machine"):
        open_folder(parse_location(url))
