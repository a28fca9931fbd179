"""After SIGKILL at any moment, the same command resumes, repeats no work and gives one digest."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.storage.folder import Folder

STAGE_NAMES = [stage.name for stage in STAGES]
MOMENTS = ("begin", "write", "rename", "renamed", "marker")
PROGRAM = Path(__file__).with_name("killed_build.py")
ROOT = Path(__file__).parents[3]
CHANGES = {"part_bytes": 32_768, "deduplicate": {"near": {"exact_margin": 10}}}


class Job:
    """A build command that is killed and run again."""

    def __init__(self, recipe: Path, folder: Path) -> None:
        self.out = folder / "out"
        self._recipe = recipe
        self._tokens = folder / "tokens"
        self._runs = 0
        self.kills = 0

    def run(self, *kills: str, after: float | None = None, group: bool = True) -> int:
        """Run the command.

        Args:
            kills: `stage:moment:victim`.
            after: seconds until the driver, or the whole group, is killed from outside.
            group: which of the two.
        """
        tokens = self._tokens / str(self._runs)
        tokens.mkdir(parents=True)
        self._runs += 1
        command = ["build", str(self._recipe), "--out", str(self.out), "--workers", "2"]
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM), *command],
            cwd=ROOT,
            env=os.environ | {"KILLS": ",".join(kills), "KILL_TOKENS": str(tokens)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        if after is not None:
            time.sleep(after)
            if process.poll() is None:
                self.kills += 1
                (os.killpg if group else os.kill)(process.pid, signal.SIGKILL)
        process.wait(timeout=600)
        self._wait_for_workers(process.pid)
        self.kills += len(list(tokens.iterdir()))
        assert process.stderr
        assert process.returncode in {0, -signal.SIGKILL}, process.stderr.read()
        process.stderr.close()
        return process.returncode

    @staticmethod
    def _wait_for_workers(group: int) -> None:
        give_up = time.monotonic() + 120
        while True:
            try:
                os.killpg(group, 0)
            except ProcessLookupError:
                return
            assert time.monotonic() < give_up, "workers outlive their driver"
            time.sleep(0.05)

    def performed(self) -> Counter[tuple[str, int]]:
        """How often each task was done in all runs."""
        lines = (self.out / "log" / "timings.jsonl").read_text().splitlines()
        return Counter((line["stage"], line["index"]) for line in map(json.loads, lines))


@pytest.fixture(scope="module")
def few(
    inputs: Path,
    build: Callable[..., Path],
    digest: Callable[[Path], str],
    recipe_file: Callable[..., Path],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, str]:
    """The recipe of a corpus of about twelve parts, and the digest of its build."""
    folder = tmp_path_factory.mktemp("few")
    for name in ("json", "json-copy", "edited", "html"):
        source = inputs / "repositories" / name
        shutil.copytree(source, folder / "repositories" / name)
    expected = digest(build(folder, folder / "whole", changes=CHANGES))
    return recipe_file(folder, CHANGES), expected


def is_whole(job: Job, expected: str, digest: Any) -> None:
    assert digest(job.out) == expected
    assert set(job.performed().values()) == {1}, "what was done was not done again"
    assert Folder(job.out).path("log/work").exists() is False


def test_a_killed_build_resumes(
    few: tuple[Path, str], digest: Callable[[Path], str], tmp_path: Path
) -> None:
    recipe, expected = few
    job = Job(recipe, tmp_path)
    assert job.run("curate:write:worker", "curate:marker:group") == -signal.SIGKILL
    assert job.run("verify pairs:begin:driver") == -signal.SIGKILL
    assert job.run("encode:renamed:worker", "number rows:rename:worker") == 0
    assert job.kills == 5
    is_whole(job, expected, digest)


@pytest.mark.slow
def test_many_kills_in_every_stage(
    few: tuple[Path, str], digest: Callable[[Path], str], tmp_path: Path
) -> None:
    recipe, expected = few
    chance = random.Random(6)
    job = Job(recipe, tmp_path / "by-stage")
    for stage in STAGE_NAMES:
        for victim in ("group", "driver"):
            # The last moment of a stage of one task leaves nothing for a further kill in it.
            moments = MOMENTS if victim == "group" else (*MOMENTS, "done")
            worker, killed = chance.choice(MOMENTS), chance.choice(moments)
            assert job.run(f"{stage}:{worker}:worker", f"{stage}:{killed}:{victim}") != 0
    assert job.run() == 0
    assert job.kills == 4 * len(STAGE_NAMES)
    is_whole(job, expected, digest)
    by_time = Job(recipe, tmp_path / "by-time")
    seconds = 1.0
    while by_time.run(after=chance.uniform(0.0, seconds), group=chance.random() < 0.5) != 0:
        seconds *= 1.1
    is_whole(by_time, expected, digest)
    assert job.kills + by_time.kills >= 50
