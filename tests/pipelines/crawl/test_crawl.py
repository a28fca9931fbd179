"""Whole crawls of a server that answers as GitHub does."""

import gzip
import json
import tarfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from codecorpus.foundation.errors import RetryableError, UsageError
from codecorpus.pipelines.crawl.responses import MOST_TRIES
from tests.pipelines.crawl.conftest import Crawler
from tests.pipelines.crawl.crawl_helpers import listed
from tests.pipelines.crawl.fake_github import (
    SECONDARY,
    FakeClock,
    Fault,
    GitHub,
    Repository,
    raw,
    some,
    stall,
    stall_half_way,
    status,
)

SHORT: dict[str, Any] = {"timeout_seconds": 1.0}
"""For the tests in which a server stalls; a busy machine must not."""
HTML = raw(
    "HTTP/1.1 200 OK\ncontent-type: text/html\ncontent-length: 15\nconnection: close\n",
    b"<html>Hi</html>",
)
HALF = raw("HTTP/1.1 200 OK\ncontent-length: 900\n", b"\x1f\x8b\x08\0\0\0\0\0\0\0")
LONGER = raw("HTTP/1.1 200 OK\ncontent-length: 10\n", b"\x1f\x8b\x08\0\0\0\0\0\0\0" + bytes(200))


def names(out: Path) -> list[str]:
    return [line["repository"] for line in listed(out)]


def test_archives_and_their_provenance(github: GitHub, run: Crawler, tmp_path: Path) -> None:
    github.repositories = [
        Repository(7, "b/x", license=None, stars=2, files={"a.py": b"1\n", "b/c.py": b"22\n"}),
        Repository(3, "a/y", language="C++", branch="feature/x"),
    ]
    assert run().counts == {("fetched", None): 2}
    first, second = listed(tmp_path / "out")
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


def test_a_crawl_that_is_done_asks_for_nothing(
    github: GitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = some(3)
    run()
    before = (tmp_path / "out" / "repositories.jsonl").read_bytes()
    asked = len(github.requests)
    run()
    assert len(github.requests) == asked
    assert (tmp_path / "out" / "repositories.jsonl").read_bytes() == before


def test_more_than_a_search_gives(github: GitHub, run: Crawler, tmp_path: Path) -> None:
    github.repositories = [
        Repository(number, f"o/r{number}", created=1_500_000_000 + number // 400, stars=number % 7)
        for number in range(1, 2_301)
    ]
    (tmp_path / "opt-out.txt").write_text("o\n")  # found, but not fetched
    run(created={"first": "2017-07-01", "last": "2017-07-31"}, opt_out="opt-out.txt")
    found = {each["id"] for each in _rows(tmp_path / "out")}
    assert found == {each.id for each in github.repositories if each.stars >= 1}
    assert github.spent["search"] < 200


def _rows(out: Path) -> list[Any]:
    from contextlib import closing

    from codecorpus.pipelines.crawl.state import State

    with closing(State(out / "crawl.sqlite")) as state:
        return state._database.all("SELECT * FROM repositories")


def test_a_search_that_runs_out_of_time_is_asked_again_then_cut(
    github: GitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = some(20)
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
def test_what_is_left_out_has_its_reason(
    github: GitHub,
    run: Crawler,
    tmp_path: Path,
    values: dict[str, Any],
    settings: dict[str, Any],
    reason: str,
) -> None:
    github.repositories = [Repository(1, "a/kept"), Repository(2, "a/b", **values)]
    (tmp_path / "names.txt").write_text("a/kept\na/b\n")
    outcome = run(**settings, names=["names.txt"])
    assert names(tmp_path / "out") == ["a/kept"]
    assert ("skipped", reason) in outcome.counts


@pytest.mark.parametrize(
    ("values", "settings"),
    [
        ({"fork": True}, {"forks": "keep"}),
        ({"mirror": True}, {"mirrors": "keep"}),
        ({"archived": True}, {}),
    ],
)
def test_what_the_recipe_keeps_is_found(
    github: GitHub, run: Crawler, tmp_path: Path, values: Any, settings: Any
) -> None:
    github.repositories = [Repository(2, "a/b", **values)]
    run(**settings)
    assert names(tmp_path / "out") == ["a/b"]


def test_names_and_events_lead_to_each_repository_once(
    github: GitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = [Repository(1, "new/name", before="old/name"), *some(3)[1:]]
    (tmp_path / "names.txt").write_text("old/name # has moved\nNEW/name\n")
    events: list[Any] = [
        {"type": "PushEvent", "repo": {"id": 1, "name": "old/name"}},
        {"type": "PushEvent", "repo": {"id": 2, "name": "owner2/r2"}},
        {"type": "PushEvent", "repository": {"id": 2, "name": "r2", "owner": "owner2"}},
        {"type": "PushEvent", "repo": {"id": 9, "name": "../../etc"}},
        "no event",
    ]
    with gzip.open(tmp_path / "2015-01-01-15.json.gz", "wt") as file:
        file.write("".join(json.dumps(event) + "\n" for event in events) + "{cut")
    run(search=False, names=["names.txt"], gharchive=["2015-01-01-15.json.gz"])
    assert names(tmp_path / "out") == ["new/name", "owner2/r2"]


def test_opted_out_and_excluded_repositories(github: GitHub, run: Crawler, tmp_path: Path) -> None:
    github.repositories = some(6)
    (tmp_path / "opt-out.txt").write_text("OWNER1\nowner2/r2\n")
    (tmp_path / "pile.txt").write_text("owner0/R3\n")
    run(opt_out="opt-out.txt", exclude=["pile.txt"])
    assert names(tmp_path / "out") == ["owner2/r5", "owner0/r6"]
    assert github.count("archive") == 2


def test_who_opts_out_later_is_removed(github: GitHub, run: Crawler, tmp_path: Path) -> None:
    github.repositories = some(3)
    run()
    (tmp_path / "opt-out.txt").write_text("owner1/r1\n")
    assert run(opt_out="opt-out.txt").counts[("skipped", "opted_out")] == 1
    assert names(tmp_path / "out") == ["owner2/r2", "owner0/r3"]


def test_a_repository_that_moved_after_it_was_found(
    github: GitHub, run: Crawler, tmp_path: Path
) -> None:
    github.repositories = [Repository(4, "old/name")]

    def move(count: int) -> None:
        if count == 4:  # the searches for three languages are over
            github.repositories = [Repository(4, "new/name", before="old/name", branch="trunk")]

    github.watch = move
    run()
    assert names(tmp_path / "out") == ["new/name"]


def test_budgets_are_never_overdrawn(
    github: GitHub, run: Crawler, clock: FakeClock, tmp_path: Path
) -> None:
    github.core, github.search = 5, 2
    github.repositories = some(9)
    run(workers=4)
    assert len(names(tmp_path / "out")) == 9
    assert github.spent["core"] == 18
    assert sum(wait > 3_000 for wait in clock.waits) == 3  # 18 requests at 5 an hour


def test_several_tokens_share_the_work(
    github: GitHub, run: Crawler, clock: FakeClock, tmp_path: Path
) -> None:
    github.core = 10
    github.repositories = some(10)
    run(workers=4, tokens=["GITHUB_TOKEN", "BAD", "SECOND", "UNSET"])
    assert len(names(tmp_path / "out")) == 10
    assert clock.waits == []
    used = {token for token, resource in github.budgets if resource == "core"}
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
def test_what_tells_no_limits_is_no_obstacle(
    github: GitHub, run: Crawler, clock: FakeClock, fault: Fault, waits: list[float]
) -> None:
    github.repositories = some(2)
    github.faults["/rate_limit"] = [fault]
    assert run().counts == {("fetched", None): 2}
    assert clock.waits == waits


def test_a_token_that_is_not_accepted(run: Crawler) -> None:
    with pytest.raises(UsageError, match=r"does not accept the token in \$BAD"):
        run(tokens=["BAD"])


def test_what_has_not_changed_costs_nothing(github: GitHub, run: Crawler, tmp_path: Path) -> None:
    github.repositories = some(5)
    run()
    before = github.spent["core"]
    github.repositories[2].files = {"new.py": b"x = 1\n"}
    run(refresh=True)
    assert github.spent["core"] - before == 2  # the commit and the archive of one
    assert github.count("archive") == 6
    assert listed(tmp_path / "out")[2]["commit"] == github.repositories[2].commit


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
def test_trouble_that_passes(
    github: GitHub,
    run: Crawler,
    clock: FakeClock,
    tmp_path: Path,
    fault: Fault,
    waited: list[float],
    path: str,
) -> None:
    github.repositories = some(1)
    github.faults[path] = [fault]
    run(**(SHORT if fault is stall else {}))
    assert names(tmp_path / "out") == ["owner1/r1"]
    assert clock.waits == pytest.approx(waited)


def test_a_secondary_limit_that_stays_is_not_asked_for_ever(
    github: GitHub, run: Crawler, clock: FakeClock
) -> None:
    github.repositories = some(1)
    github.faults["/commits/"] = [status(403, SECONDARY)] * 50
    with pytest.raises(RetryableError, match="a secondary limit, 6 times"):
        _require_done(run)
    assert len(github.faults["/commits/"]) == 50 - MOST_TRIES
    assert clock.waits == pytest.approx([60, 120, 240, 480, 960])


@pytest.mark.parametrize(
    "fault", [stall, HALF, HTML, LONGER, status(500), status(429, retry_after="3")]
)
def test_an_archive_that_comes_wrong_is_fetched_again(
    github: GitHub, run: Crawler, tmp_path: Path, fault: Fault
) -> None:
    github.repositories = some(2)
    github.faults["/codeload/owner1"] = [fault, fault]
    run(**SHORT)
    assert len(names(tmp_path / "out")) == 2


@pytest.mark.parametrize(
    ("fault", "reason"),
    [(HTML, "no gzip came"), (HALF, "peer closed"), (stall_half_way, "Timeout")],
)
def test_an_archive_that_stays_wrong_fails_alone_until_it_is_due(
    github: GitHub, run: Crawler, clock: FakeClock, tmp_path: Path, fault: Fault, reason: str
) -> None:
    github.repositories = some(2)
    github.faults["/codeload/owner1"] = [fault] * 3
    with pytest.raises(RetryableError, match=reason):
        _require_done(partial(run, **SHORT))
    assert names(tmp_path / "out") == ["owner2/r2"]
    asked = github.count("owner2/r2")
    clock.wait_until(clock.now() + 60)
    run()
    assert len(names(tmp_path / "out")) == 2
    assert github.count("owner2/r2") == asked


def test_a_server_that_is_away_ends_the_crawl(github: GitHub, run: Crawler) -> None:
    github.repositories = some(60)
    github.faults["/commits/"] = [status(500)] * 5_000
    with pytest.raises(RetryableError, match="20 repositories in a row"):
        run()
    assert github.count("/commits/") < 60 * MOST_TRIES


def test_a_search_that_gets_no_answer_ends_the_crawl(github: GitHub, run: Crawler) -> None:
    github.faults["/search"] = [status(500)] * MOST_TRIES
    with pytest.raises(RetryableError, match="gave no answer: status 500, 6 times; run the same"):
        run()


def test_an_archive_of_another_commit_is_refused(github: GitHub, run: Crawler) -> None:
    github.repositories = some(1)
    content = b""

    def other(handler: Any) -> None:
        from tests.pipelines.crawl.fake_github import pack

        nonlocal content
        content = pack({"a.py": b""}, "o-r-1", "0" * 40)
        head = f"HTTP/1.1 200 OK\ncontent-length: {len(content)}\n"
        raw(head, content)(handler)

    github.faults["/codeload/"] = [other] * 3
    with pytest.raises(RetryableError, match="of the commit 0000"):
        _require_done(run)


def test_a_redirect_to_another_host_gets_no_token(github: GitHub, run: Crawler) -> None:
    github.repositories = some(1)
    place = f"http://localhost:{github.port}/repositories/1/commits/heads/main"
    github.faults["/commits/"] = [status(301, "Moved", location=place)]
    with pytest.raises(RetryableError, match="another host"):
        _require_done(run)


def test_another_recipe_in_the_same_folder_is_refused(github: GitHub, run: Crawler) -> None:
    github.repositories = some(1)
    run()
    with pytest.raises(UsageError, match="min_stars was 1"):
        run(min_stars=2)


def test_a_folder_of_something_else_is_refused(run: Crawler, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match=r"thesis\.tex"):
        run()


def _require_done(run: Callable[..., Any]) -> None:
    from rich.console import Console

    from codecorpus.pipelines.crawl.command import print_outcome

    print_outcome(run(), Path("out"), Console(quiet=True))
