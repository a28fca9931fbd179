"""The command killed while its job runs: the job ends too, and the same command goes on."""

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.locations import parse_location
from codecorpus.pipelines.storage.stores.object_store import ObjectStore
from tests.engines.running import LIMIT, Cluster, Command, Done, build, digest, processes
from tests.engines.test_remote import is_that_of_the_disk

KILLS = 6
"""Of the command, in the long tests, spread over the stages."""


class Killed:
    """A build on an engine whose command is killed, and run again.

    Args:
        engine: spark or flink, with Python in the cluster's pool.
        recipe: what to build.
        out: a folder or a URL.
    """

    def __init__(self, engine: str, recipe: Path, out: str, cluster: Cluster) -> None:
        self.out = out
        self._engine, self._recipe, self._cluster = engine, recipe, cluster

    def start(self) -> Command:
        cluster = self._cluster
        options = (
            cluster.options("EXTERNAL")
            if self._engine == "spark"
            else cluster.engines.flink(*cluster.external)
        )
        return build(self._recipe, self.out, runner=self._engine, options=options)

    def kill(self, *, after: int) -> None:
        """Run the command, and kill it when so many tasks are done."""
        before = processes(self._cluster.sessions())
        command = self.start()
        with command.process as process:
            self._wait_for(command, after)
            process.send_signal(signal.SIGKILL)
            process.communicate()
        sessions = {process.pid, *self._cluster.sessions()}
        give_up = time.monotonic() + 60
        while left := processes(sessions) - before:
            commands = {pid: _command_of(pid) for pid in left}
            assert time.monotonic() < give_up, f"left behind: {commands}"
            time.sleep(0.1)

    def kill_often(self, tasks: int) -> None:
        """Kill the command KILLS times, spread over so many tasks, then let it end."""
        for number in range(1, KILLS + 1):
            self.kill(after=number * tasks // (KILLS + 1))
        self.finish()

    def finish(self) -> None:
        """Run the command to its end."""
        done = self.start().wait()
        assert done.returncode == 0, done.stderr

    def kill_worker(self, program: bytes, *, after: int) -> Done:
        """Run the command, and kill a process of its job when so many tasks are done.

        Args:
            program: what stands in the process's command line.
            after: the number of tasks.
        """
        command = self.start()
        self._wait_for(command, after)
        workers = [
            pid
            for pid in processes(self._cluster.sessions())
            if program in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(max(workers), signal.SIGKILL)
        return command.wait()

    def _wait_for(self, command: Command, tasks: int) -> None:
        give_up = time.monotonic() + LIMIT
        while self.done() < tasks:
            assert time.monotonic() < give_up, f"fewer than {tasks} tasks are done"
            assert command.process.poll() is None, f"it ends before {tasks} tasks are seen"
            time.sleep(0.02)

    def done(self) -> int:
        """How many tasks are done."""
        folder = open_folder(parse_location(self.out))
        stages = [f"log/work/{stage}" for stage in folder.names("log/work")]
        return sum(name.endswith(".json") for stage in stages for name in folder.names(stage))

    def performed(self) -> Counter[tuple[str, int]]:
        """How often each task was done, over all runs."""
        lines = Path(self.out, "log", "timings.jsonl").read_text().splitlines()
        return Counter((line["stage"], line["index"]) for line in map(json.loads, lines))


def _command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()[:300]
    except OSError:
        return "(ended)"


def number_of_tasks(out: Path) -> int:
    stages = json.loads((out / "manifest.json").read_text())["stages"]
    return sum(stage["tasks"] for stage in stages.values())


@pytest.mark.parametrize("engine", ["spark", "flink"])
def test_a_killed_command_takes_its_job_along_and_goes_on(
    recipe: Path, local: Path, cluster: Cluster, tmp_path: Path, engine: str
) -> None:
    job = Killed(engine, recipe, str(tmp_path / "out"), cluster)
    job.kill(after=random.randrange(1, number_of_tasks(local) - 5))
    job.finish()
    assert set(job.performed().values()) == {1}, "what was done was not done again"
    assert digest(job.out) == digest(local)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["spark", "flink"])
def test_many_kills(
    recipe: Path, local: Path, cluster: Cluster, tmp_path: Path, engine: str
) -> None:
    job = Killed(engine, recipe, str(tmp_path / "out"), cluster)
    job.kill_often(number_of_tasks(local))
    assert set(job.performed().values()) == {1}, "what was done was not done again"
    assert digest(job.out) == digest(local)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["spark", "flink"])
def test_many_kills_in_a_store(
    elsewhere: Path, store: ObjectStore, local: Path, cluster: Cluster, engine: str
) -> None:
    job = Killed(engine, elsewhere, f"s3://corpus/killed-{engine}", cluster)
    job.kill_often(number_of_tasks(local))
    is_that_of_the_disk(job.out, store, local)


EXECUTOR, PYTHON = b"CoarseGrainedExecutorBackend", b"SdkHarness"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("engine", "victim", "goes_on"),
    [("spark", EXECUTOR, True), ("spark", PYTHON, False), ("flink", PYTHON, False)],
)
def test_a_killed_worker(
    recipe: Path, local: Path, cluster: Cluster, tmp_path: Path,
    engine: str, victim: bytes, goes_on: bool,
) -> None:  # fmt: skip
    """Spark replaces an executor; a Python process is given up by both, with its job."""
    job = Killed(engine, recipe, str(tmp_path / "out"), cluster)
    done = job.kill_worker(victim, after=6)
    if not goes_on:
        assert done.returncode == 1
        assert "completed tasks are kept: run the same command again" in done.stderr
        done = job.start().wait()
        assert set(job.performed().values()) == {1}, "what was done was not done again"
    assert done.returncode == 0, done.stderr
    assert digest(job.out) == digest(local)
