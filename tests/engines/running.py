"""Engines and their options, and the command run with a time limit."""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LIMIT = 300
"""Seconds that a job may take: ten times what it takes on a quiet machine."""


@dataclass(frozen=True)
class Engines:
    """Where what `make engines` made lies."""

    folder: Path

    def jar(self, engine: str) -> str:
        """The job server of Spark or Flink."""
        return str(self.folder / engine / "job-server.jar")

    def flink(self, *environment: str) -> list[str]:
        """Options for the Flink inside the job server, with Python where the environment says."""
        return [
            f"--flink_job_server_jar={self.jar('flink')}",
            "--flink_master=[local]",
            "--parallelism=2",
            *(environment or ["--environment_type=LOOPBACK"]),
        ]


@dataclass(frozen=True)
class Cluster:
    """A cluster of Spark or Flink, and the pool of Python workers that stands on its one node.

    Attributes:
        engine: spark or flink.
        master: its address.
        pool: the port of the pool.
        state: where `cluster.sh` keeps logs and process ids.
        workers: holds a folder for each Python process that the pool has started, its scratch
            folder among others.
    """

    engines: Engines
    engine: str
    master: str
    pool: int
    state: Path
    workers: Path

    def sessions(self) -> set[int]:
        """The sessions that its processes are in, those of jobs among them."""
        return {int(path.read_text()) for path in self.state.glob("*.pid")}

    @property
    def external(self) -> list[str]:
        """Options for Python in the pool."""
        return ["--environment_type=EXTERNAL", f"--environment_config=localhost:{self.pool}"]

    def options(self, environment: str) -> list[str]:
        """Options for a job, with Python where the environment says: EXTERNAL or LOOPBACK."""
        masters = {"spark": "--spark_master_url=", "flink": "--parallelism=2 --flink_master="}
        return [
            f"--{self.engine}_job_server_jar={self.engines.jar(self.engine)}",
            *f"{masters[self.engine]}{self.master}".split(),
            *(self.external if environment == "EXTERNAL" else ["--environment_type=LOOPBACK"]),
        ]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Command:
    """The command in a process group of its own, which is ended when its time is over."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "codecorpus", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Beam starts `python` for further workers: ours must be the first.
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        )

    def interrupt(self) -> None:
        """What Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)

    def wait(self, limit: float = LIMIT) -> Done:
        """Its end; a command that hangs fails the test."""
        try:
            stdout, stderr = self.process.communicate(timeout=limit)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.communicate()
        return Done(self.process.returncode, stdout, stderr)


def processes(sessions: set[int]) -> set[int]:
    """The processes of some sessions that have not ended."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, _, session, *_ = (
                (folder / "stat").read_text().rpartition(")")[2].split(maxsplit=4)
            )
            if int(session) in sessions and state != "Z":
                found.add(int(folder.name))
    return found


def build(
    recipe: Path, out: Path | str, *, runner: str = "local", words: tuple[str, ...] = (),
    options: list[str] | None = None,
) -> Command:  # fmt: skip
    """Start `codecorpus build` on an engine."""
    command = ["build", str(recipe), "--out", str(out), "--runner", runner, *words]
    return Command(*command, "--", *(options or []))


def digest(out: Path | str) -> str:
    """What `codecorpus verify` prints, all kept files decoded."""
    done = Command("verify", str(out), "--sample", "0").wait()
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]
