"""A crawl can be killed at any time and resumed: nothing is lost or downloaded twice."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.pipelines.crawl.clock import SystemClock
from tests.pipelines.crawl.fake_github import FakeGitHub, FakeRepository


@pytest.fixture
def server() -> Iterator[FakeGitHub]:
    files = {f"{number}.py": os.urandom(8_000) for number in range(4)}
    repositories = (FakeRepository(number, f"o/r{number}", files=files) for number in range(1, 4))
    github = FakeGitHub(SystemClock(), *repositories)
    github.pause = 0.005
    yield github
    github.close()


def start(server: FakeGitHub, folder: Path) -> "subprocess.Popen[bytes]":
    recipe = folder / "crawl.yaml"
    recipe.write_text(f"languages: [Python]\nbase_url: {server.url}\n")
    command = [
        sys.executable,
        "-m",
        "codecorpus",
        "crawl",
        str(recipe),
        "--out",
        str(folder / "out"),
    ]
    return subprocess.Popen(
        [*command, "--workers", "2"],
        env=os.environ | {"GITHUB_TOKEN": "secret"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: "subprocess.Popen[bytes]") -> tuple[int, str]:
    _, errors = process.communicate(timeout=120)
    return process.returncode, errors.decode()


def when(server: FakeGitHub, requests: int) -> threading.Event:
    """An event that is set when the server has received that many requests."""
    reached = threading.Event()
    server.watch = lambda count: reached.set() if count >= requests else None
    return reached


def kill_and_resume(server: FakeGitHub, folder: Path, moment: int) -> None:
    """Kill a crawl when the server has received `moment` requests, and run it again."""
    folder.mkdir()
    server.requests.clear()
    reached = when(server, moment)
    process = start(server, folder)
    assert reached.wait(60)
    process.kill()
    finish(process)
    fetched = [path.name.partition("@")[0] for path in folder.rglob("*.tar.gz")]
    before = len(server.requests)
    assert finish(start(server, folder)) == (0, "")
    for name in fetched:
        assert f"archive o/{name}" not in server.requests[before:]
    lines = (folder / "out/repositories.jsonl").read_text().splitlines()
    assert [json.loads(line)["repository"] for line in lines] == ["o/r1", "o/r2", "o/r3"]
    assert not list((folder / "out/tmp").iterdir())
    assert server.violations == []


def test_a_crawl_killed_during_downloads_resumes(server: FakeGitHub, tmp_path: Path) -> None:
    kill_and_resume(server, tmp_path / "crawl", 8)


@pytest.mark.slow
def test_a_crawl_killed_after_any_request_resumes(server: FakeGitHub, tmp_path: Path) -> None:
    for moment in (1, 2, 4, 6, 7, 9, 10):
        kill_and_resume(server, tmp_path / str(moment), moment)


@pytest.mark.slow
def test_a_second_crawl_is_refused_and_ctrl_c_ends_the_first(
    server: FakeGitHub, tmp_path: Path
) -> None:
    server.pause = 1.0
    reached = when(server, 4)
    process = start(server, tmp_path)
    assert reached.wait(60)
    code, message = finish(start(server, tmp_path))
    assert code == 2
    assert "another crawl is running" in message
    process.send_signal(signal.SIGINT)
    code, message = finish(process)
    assert code == 130
    assert "run the same command again" in message
    server.pause = 0.0
    assert finish(start(server, tmp_path)) == (0, "")
