"""Whole crawls of the fake GitHub server."""

import gzip
import json
import tarfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from codecorpus.foundation.errors import RetryableError, UsageError
from codecorpus.pipelines.crawl.command import print_summary
from codecorpus.pipelines.crawl.responses import MAX_TRIES
from codecorpus.pipelines.crawl.state import CrawlState
from tests.pipelines.crawl.conftest import Crawler
from tests.pipelines.crawl.crawl_helpers import read_listing
from tests.pipelines.crawl.fake_github import (
    SECONDARY,
    FakeClock,
    FakeGitHub,
    FakeRepository,
    Fault,
    make_repositories,
    pack,
    raw,
    stall,
    stall_midway,
    status,
)

SHORT: dict[str, Any] = {"timeout_seconds": 1.0}
"""For tests in which the server stalls; too short for other tests on a busy machine."""
HTML = raw(
    "HTTP/1.1 200 OK\ncontent-type: text/html\ncontent-length: 15\nconnection: close\n",
    b"<html>Hi</html>",
)
HALF = raw("HTTP/1.1 200 OK\ncontent-length: 900\n", b"\x1f\x8b\x08\0\0\0\0\0\0\0")
TOO_LONG = raw("HTTP/1.1 200 OK\ncontent-length: 10\n", b"\x1f\x8b\x08\0\0\0\0\0\0\0" + bytes(200))


def names(out: Path) -> list[str]:
    return [line["repository"] for line in read_listing(out)]


def test_archives_are_stored_with_their_provenance(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = [
        FakeRepository(7, "b/x", license=None, stars=2, files={"a.py": b"1\n", "b/c.py": b"22\n"}),
        FakeRepository(3, "a/y", language="C++", branch="feature/x"),
    ]
    assert run().counts == {("fetched", None): 2}
    first, second = read_listing(tmp_path / "out")
    assert (first["id"], second["id"]) == (3, 7)
    assert second == {
        "repository": "b/x",
        "id": 7,
        "stars": 2,
        "license": None,
        "language": "Python",
        "commit": github.repositories[0].commit,
        "fetched": "2020-09-13",
        "archive": f"repositories/b/x@{github.repositories[0].commit[:12]}.tar.gz",
        "archive_bytes": second["archive_bytes"],
        "sha256": second["sha256"],
        "unpacked_bytes": 5,
        "files": 2,
        "lfs_pointers": 0,
        "submodules": 0,
    }
    with tarfile.open(tmp_path / "out" / second["archive"]) as tar:
        assert [member.name.partition("/")[2] for member in tar if member.isfile()] == [
            "a.py",
            "b/c.py",
        ]


def test_a_finished_crawl_sends_no_requests(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = make_repositories(3)
    run()
    before = (tmp_path / "out" / "repositories.jsonl").read_bytes()
    requests = len(github.requests)
    run()
    assert len(github.requests) == requests
    assert (tmp_path / "out" / "repositories.jsonl").read_bytes() == before


def test_searches_with_more_than_a_thousand_results_are_split(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = [
        FakeRepository(
            number, f"o/r{number}", created=1_500_000_000 + number // 400, stars=number % 7
        )
        for number in range(1, 2_301)
    ]
    (tmp_path / "opt-out.txt").write_text("o\n")  # discovered, but not fetched
    run(created={"first": "2017-07-01", "last": "2017-07-31"}, opt_out="opt-out.txt")
    found = {each["id"] for each in _rows(tmp_path / "out")}
    assert found == {each.id for each in github.repositories if each.stars >= 1}
    assert github.spent["search"] < 200


def _rows(out: Path) -> list[Any]:
    with closing(CrawlState(out / "crawl.sqlite")) as state:
        return state._database.fetch_all("SELECT * FROM repositories")


def test_an_incomplete_search_is_repeated_then_split(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = make_repositories(20)
    github.incomplete = 4
    run()
    assert len(names(tmp_path / "out")) == 20


@pytest.mark.parametrize(
    ("values", "settings", "reason"),
    [
        ({"fork": True}, {"forks": "drop", "search": False}, "fork"),
        ({"mirror": True}, {"search": False}, "mirror"),
        ({"archived": True}, {"archived": "drop", "search": False}, "archived"),
        ({"language": "Go"}, {"search": False}, "language"),
        ({"language": None}, {"search": False}, "language"),
        ({"stars": 0}, {"search": False}, "stars"),
        ({"size": 10_240}, {"search": False}, "size"),
        ({"created": 1_000_000_000}, {"search": False}, "created"),
        ({"empty": True}, {}, "empty"),
        ({"gone": 451}, {}, "legal"),
        ({"gone": 403}, {}, "forbidden"),
        ({"gone": 404}, {"search": False}, "not_found"),
        ({"files": {"a.py": bytes(70_000)}}, {"max_repository_bytes": 65_536}, "size"),
    ],
)
def test_skipped_repositories_have_a_reason(
    github: FakeGitHub,
    run: Crawler,
    tmp_path: Path,
    values: dict[str, Any],
    settings: dict[str, Any],
    reason: str,
) -> None:
    github.repositories = [FakeRepository(1, "a/kept"), FakeRepository(2, "a/b", **values)]
    (tmp_path / "names.txt").write_text("a/kept\na/b\n")
    summary = run(**settings, names=["names.txt"])
    assert names(tmp_path / "out") == ["a/kept"]
    assert ("skipped", reason) in summary.counts


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        ({"fork": True}, {"forks": "keep"}),
        ({"mirror": True}, {"mirrors": "keep"}),
        ({"archived": True}, {}),
    ],
)
def test_repositories_that_the_recipe_keeps_are_fetched(
    github: FakeGitHub, run: Crawler, tmp_path: Path, values: Any, settings: Any
) -> None:
    github.repositories = [FakeRepository(2, "a/b", **values)]
    run(**settings)
    assert names(tmp_path / "out") == ["a/b"]


def test_repositories_from_names_and_events_are_fetched_once(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = [
        FakeRepository(1, "new/name", before="old/name"),
        *make_repositories(3)[1:],
    ]
    (tmp_path / "names.txt").write_text("old/name # renamed\nNEW/name\n")
    events: list[Any] = [
        {"type": "PushEvent", "repo": {"id": 1, "name": "old/name"}},
        {"type": "PushEvent", "repo": {"id": 2, "name": "owner2/r2"}},
        {"type": "PushEvent", "repository": {"id": 2, "name": "r2", "owner": "owner2"}},
        {"type": "PushEvent", "repo": {"id": 9, "name": "../../etc"}},
        "not an event",
    ]
    with gzip.open(tmp_path / "2015-01-01-15.json.gz", "wt") as file:
        file.write("".join(json.dumps(event) + "\n" for event in events) + "{cut")
    run(search=False, names=["names.txt"], gharchive=["2015-01-01-15.json.gz"])
    assert names(tmp_path / "out") == ["new/name", "owner2/r2"]


def test_opted_out_and_excluded_repositories_are_not_fetched(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = make_repositories(6)
    (tmp_path / "opt-out.txt").write_text("OWNER1\nowner2/r2\n")
    (tmp_path / "pile.txt").write_text("owner0/R3\n")
    run(opt_out="opt-out.txt", exclude=["pile.txt"])
    assert names(tmp_path / "out") == ["owner2/r5", "owner0/r6"]
    assert github.count("archive") == 2


def test_a_repository_that_opts_out_later_is_removed(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = make_repositories(3)
    run()
    (tmp_path / "opt-out.txt").write_text("owner1/r1\n")
    assert run(opt_out="opt-out.txt").counts[("skipped", "opted_out")] == 1
    assert names(tmp_path / "out") == ["owner2/r2", "owner0/r3"]


def test_a_repository_that_is_renamed_after_its_discovery_is_fetched(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = [FakeRepository(4, "old/name")]

    def move(count: int) -> None:
        if count == 4:  # the searches for three languages are over
            github.repositories = [FakeRepository(4, "new/name", before="old/name", branch="trunk")]

    github.watch = move
    run()
    assert names(tmp_path / "out") == ["new/name"]


def test_rate_limits_are_never_exceeded(
    github: FakeGitHub, run: Crawler, clock: FakeClock, tmp_path: Path
) -> None:
    github.core, github.search = 5, 2
    github.repositories = make_repositories(9)
    run(workers=4)
    assert len(names(tmp_path / "out")) == 9
    assert github.spent["core"] == 18
    assert sum(wait > 3_000 for wait in clock.waits) == 3  # 18 requests at 5 an hour


def test_several_tokens_share_the_requests(
    github: FakeGitHub, run: Crawler, clock: FakeClock, tmp_path: Path
) -> None:
    github.core = 10
    github.repositories = make_repositories(10)
    run(workers=4, tokens=["GITHUB_TOKEN", "BAD", "SECOND", "UNSET"])
    assert len(names(tmp_path / "out")) == 10
    assert clock.waits == []
    used = {token for token, resource in github.limits if resource == "core"}
    assert used >= {"secret", "second"}


@pytest.mark.parametrize(
    ("fault", "waits"),
    [
        (status(404, "Rate limiting is not enabled."), []),  # an Enterprise server
        (status(500), []),
        (HTML, []),
        (status(429, SECONDARY, retry_after="30"), [30.0]),
    ],
)
def test_a_failing_rate_limit_request_is_ignored(
    github: FakeGitHub, run: Crawler, clock: FakeClock, fault: Fault, waits: list[float]
) -> None:
    github.repositories = make_repositories(2)
    github.faults["/rate_limit"] = [fault]
    assert run().counts == {("fetched", None): 2}
    assert clock.waits == waits


def test_a_rejected_token_is_reported(run: Crawler) -> None:
    with pytest.raises(UsageError, match=r"does not accept the token in \$BAD"):
        run(tokens=["BAD"])


def test_a_refresh_spends_no_requests_on_unchanged_repositories(
    github: FakeGitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = make_repositories(5)
    run()
    before = github.spent["core"]
    github.repositories[2].files = {"new.py": b"x = 1\n"}
    run(refresh=True)
    assert github.spent["core"] - before == 2  # the commit and the archive of one
    assert github.count("archive") == 6
    assert read_listing(tmp_path / "out")[2]["commit"] == github.repositories[2].commit


@pytest.mark.parametrize(
    ("fault", "waited"),
    [
        (status(429, SECONDARY, retry_after="37"), [37.0]),
        (status(403, SECONDARY), [60.0]),
        (status(502), [1.0]),
        (status(503, retry_after="5"), [5.0]),
        (raw("HTTP/1.1 200 OK\ncontent-length: 500\n", b"{"), [1.0]),
        (stall, [1.0]),
    ],
)
@pytest.mark.parametrize("path", ["/search", "/commits/", "/tarball/"])
def test_temporary_errors_are_retried(
    github: FakeGitHub,
    run: Crawler,
    clock: FakeClock,
    tmp_path: Path,
    fault: Fault,
    waited: list[float],
    path: str,
) -> None:
    github.repositories = make_repositories(1)
    github.faults[path] = [fault]
    run(**(SHORT if fault is stall else {}))
    assert names(tmp_path / "out") == ["owner1/r1"]
    assert clock.waits == pytest.approx(waited)


def test_a_secondary_rate_limit_is_retried_a_limited_number_of_times(
    github: FakeGitHub, run: Crawler, clock: FakeClock
) -> None:
    github.repositories = make_repositories(1)
    github.faults["/commits/"] = [status(403, SECONDARY)] * 50
    with pytest.raises(RetryableError, match=r"secondary rate limit \(6 tries\)"):
        _require_complete(run)
    assert len(github.faults["/commits/"]) == 50 - MAX_TRIES
    assert clock.waits == pytest.approx([60, 120, 240, 480, 960])


@pytest.mark.parametrize(
    "fault", [stall, HALF, HTML, TOO_LONG, status(500), status(429, retry_after="3")]
)
def test_a_damaged_archive_is_downloaded_again(
    github: FakeGitHub, run: Crawler, tmp_path: Path, fault: Fault
) -> None:
    github.repositories = make_repositories(2)
    github.faults["/codeload/owner1"] = [fault, fault]
    run(**SHORT)
    assert len(names(tmp_path / "out")) == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(HTML, "expected gzip"), (HALF, "peer closed"), (stall_midway, "Timeout")],
)
def test_an_archive_that_stays_damaged_fails_without_affecting_others(
    github: FakeGitHub, run: Crawler, clock: FakeClock, tmp_path: Path, fault: Fault, reason: str
) -> None:
    github.repositories = make_repositories(2)
    github.faults["/codeload/owner1"] = [fault] * 3
    with pytest.raises(RetryableError, match=reason):
        _require_complete(partial(run, **SHORT))
    assert names(tmp_path / "out") == ["owner2/r2"]
    requests = github.count("owner2/r2")
    clock.wait_until(clock.now() + 60)
    run()
    assert len(names(tmp_path / "out")) == 2
    assert github.count("owner2/r2") == requests


def test_an_outage_ends_the_crawl(github: FakeGitHub, run: Crawler) -> None:
    github.repositories = make_repositories(60)
    github.faults["/commits/"] = [status(500)] * 5_000
    with pytest.raises(RetryableError, match="20 repositories in a row"):
        run()
    assert github.count("/commits/") < 60 * MAX_TRIES


def test_a_failing_search_ends_the_crawl(github: FakeGitHub, run: Crawler) -> None:
    github.faults["/search"] = [status(500)] * MAX_TRIES
    with pytest.raises(RetryableError, match=r"failed: status 500 \(6 tries\); run the same"):
        run()


def test_an_archive_of_another_commit_is_refused(github: FakeGitHub, run: Crawler) -> None:
    github.repositories = make_repositories(1)
    content = b""

    def other(handler: Any) -> None:
        nonlocal content
        content = pack({"a.py": b""}, "o-r-1", "0" * 40)
        head = f"HTTP/1.1 200 OK\ncontent-length: {len(content)}\n"
        raw(head, content)(handler)

    github.faults["/codeload/"] = [other] * 3
    with pytest.raises(RetryableError, match=r"expected commit [0-9a-f]+, got 0000"):
        _require_complete(run)


def test_no_token_is_sent_to_another_host(github: FakeGitHub, run: Crawler) -> None:
    github.repositories = make_repositories(1)
    location = f"http://localhost:{github.port}/repositories/1/commits/heads/main"
    github.faults["/commits/"] = [status(301, "Moved", location=location)]
    with pytest.raises(RetryableError, match="another host"):
        _require_complete(run)


def test_another_recipe_in_the_same_folder_is_refused(github: FakeGitHub, run: Crawler) -> None:
    github.repositories = make_repositories(1)
    run()
    with pytest.raises(UsageError, match="min_stars was 1"):
        run(min_stars=2)


def test_a_folder_with_other_files_is_refused(run: Crawler, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match=r"thesis\.tex"):
        run()


def _require_complete(run: Callable[..., Any]) -> None:
    print_summary(run(), Path("out"), Console(quiet=True))
