"""The command as a person meets it: help, exit codes, messages, Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from codecorpus.pipelines.stages.code_version import code_version

COMMAND = [sys.executable, "-m", "codecorpus"]
RECIPE = "name: t\nsources: [{type: folder, paths: [src], repositories: children}]\n"


def run(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, cwd=cwd
    )


@pytest.mark.parametrize("command", [[], ["build"], ["preflight"], ["report"], ["why"], ["verify"]])
def test_help_shows_an_example(command: list[str]) -> None:
    done = run(*command, "--help")
    assert done.returncode == 0
    assert ("Example: codecorpus " in done.stdout) == bool(command)


def test_version_says_which_code_this_is() -> None:
    done = run("--version")
    assert done.returncode == 0
    assert done.stdout.strip() == code_version()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["bild"], 2, "No such command"),
        (["build", "r.yaml"], 2, "--out"),
        (["build", "r.yaml", "--out", "o", "--workers", "0"], 2, "--workers"),
        (["build", "none.yaml", "--out", "o"], 2, "none.yaml"),
        (["build", "wrong.yaml", "--out", "o"], 2, "wrong.yaml:2"),
        (["build", "r.yaml", "--out", "o", "--runner", "sparc"], 2, "expected one of local"),
        (
            ["build", "r.yaml", "--out", "o", "--dry-run"],
            2,
            "--dry-run needs --runner dataflow; got --runner local",
        ),
        (["build", "r.yaml", "--out", "o"], 1, "no input files found in"),
        (["preflight", "none.yaml"], 2, "none.yaml"),
        (["preflight", "r.yaml", "--rate", "0"], 2, "above 0"),
        (["preflight", "r.yaml"], 1, "no input files found in"),
        (["report", "o"], 2, "no build here"),
        (["why", "o", "x"], 2, "no build here"),
        (["verify", "o"], 2, "no build here"),
    ],
)
def test_errors_say_what_is_wrong_and_nothing_else(
    tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "r.yaml").write_text(RECIPE)
    (tmp_path / "wrong.yaml").write_text(RECIPE + "part_byte: 5\n")
    if message == "wrong.yaml:2":
        (tmp_path / "wrong.yaml").write_text("name: t\nsource: []\n")
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == status
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def write_sources(folder: Path, count: int) -> None:
    for number in range(count):
        repository = folder / "src" / f"repository-{number}"
        repository.mkdir(parents=True)
        for name in range(12):
            lines = [f"def f{number}_{name}_{line}(value):\n" for line in range(400)]
            (repository / f"{name}.py").write_text("    return value\n".join(lines))
    (folder / "r.yaml").write_text(RECIPE + "part_bytes: 65536\n")


def digest_of(folder: Path) -> str:
    done = run("verify", str(folder))
    assert done.returncode == 0, done.stderr
    return done.stdout.split("digest: ")[1]


def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(tmp_path: Path) -> None:
    write_sources(tmp_path, 12)
    build = ["build", "r.yaml", "--workers", "2", "--out"]
    process = subprocess.Popen(
        [*COMMAND, *build, "stopped"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    documents = tmp_path / "stopped" / "documents"
    give_up = time.monotonic() + 120
    while not documents.exists() or len(list(documents.iterdir())) < 2:
        assert process.poll() is None, "it ended before it could be stopped"
        assert time.monotonic() < give_up
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors == (
        "codecorpus: interrupted; run the same command again to continue where it stopped\n"
    )
    assert not (tmp_path / "stopped" / "manifest.json").exists()
    assert run(*build, "stopped", cwd=tmp_path).returncode == 0
    assert run(*build, "whole", cwd=tmp_path).returncode == 0
    assert digest_of(tmp_path / "stopped") == digest_of(tmp_path / "whole")


def test_a_killed_worker_is_said_and_survived(tmp_path: Path) -> None:
    write_sources(tmp_path, 12)
    build = ["build", "r.yaml", "--workers", "2", "--out", "out"]
    process = subprocess.Popen([*COMMAND, *build], cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    documents = tmp_path / "out" / "documents"
    give_up = time.monotonic() + 120
    while not documents.exists() or not list(documents.iterdir()):
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.02)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    workers = [
        int(child)
        for child in children
        if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()
    ]
    os.kill(workers[-1], signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0
    assert (
        "a worker process died (killed, or out of memory); running the tasks in flight again"
        in errors
    )
    digest_of(tmp_path / "out")


def test_workers_end_with_a_killed_driver(tmp_path: Path) -> None:
    write_sources(tmp_path, 12)
    process = subprocess.Popen(
        [*COMMAND, "build", "r.yaml", "--workers", "2", "--out", "out"],
        cwd=tmp_path,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    documents = tmp_path / "out" / "documents"
    give_up = time.monotonic() + 120
    while not documents.exists():
        assert process.poll() is None
        assert time.monotonic() < give_up
        time.sleep(0.02)
    process.kill()
    process.wait()
    while True:
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            break
        assert time.monotonic() < give_up, "workers outlive their driver"
        time.sleep(0.1)
