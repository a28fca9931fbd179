"""What a worker of an engine does with a task."""

import threading
from pathlib import Path
from typing import Any

import pytest

from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.engines import worker
from codecorpus.pipelines.engines.run_lock import SupersededError, start_run
from codecorpus.pipelines.engines.worker import (
    FAILURE_FILE,
    Run,
    perform_on_worker,
    recording_failure,
)
from codecorpus.pipelines.stages.artifacts import Artifacts
from codecorpus.pipelines.stages.base import Stage, Task
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.storage.digests import FileDigest


class Together(Stage):
    """Notes how many of its tasks run at once."""

    artifacts = Artifacts[dict[str, int]]("together")

    def __init__(self) -> None:
        self.now, self.most, self.times = 0, 0, 0

    def weights(self, build: Build) -> list[int]:
        del build
        return [1, 1, 1]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> dict[str, int]:
        del build, digests, counters
        self.now += 1
        self.times += 1
        self.most = max(self.most, self.now)
        threading.Event().wait(0.05)
        self.now -= 1
        return {"index": index}


def test_tasks_of_one_process_take_turns(planned: str) -> None:
    stage = Together()
    threads = [
        threading.Thread(
            target=perform_on_worker, args=(Task(planned, stage, index, 1), Run(planned))
        )
        for index in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stage.most == 1
    assert all(Build.load(planned).marker(stage.artifacts, index) for index in range(3))


def test_a_worker_of_another_version_refuses(planned: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(worker, "code_version", lambda: "codecorpus 0.0.1 (abc)")
    outcome = perform_on_worker(Task(planned, Together(), 0, 1), Run(planned))
    assert outcome.error
    assert "other code than this command: codecorpus 0.0.1" in outcome.error


def test_a_folder_that_is_not_there_is_an_outcome(tmp_path: Path) -> None:
    outcome = perform_on_worker(Task(str(tmp_path), Together(), 0, 1), Run(str(tmp_path)))
    assert outcome.error
    assert "no build was planned here" in outcome.error


def test_a_failure_is_noted_for_the_command(planned: str) -> None:
    with pytest.raises(CodecorpusError), recording_failure(planned):
        raise CodecorpusError("what went wrong")
    assert (Path(planned) / FAILURE_FILE).read_text() == "what went wrong"


def test_a_task_that_is_done_is_not_done_again(planned: str) -> None:
    stage = Together()
    for _ in range(2):  # as when an engine repeats what a dead worker was given
        assert perform_on_worker(Task(planned, stage, 0, 1), Run(planned)).error is None
    assert stage.times == 1


def test_a_job_whose_command_is_gone_begins_no_task_and_says_nothing(planned: str) -> None:
    folder = Build.load(planned).folder
    earlier, now = Run(planned, start_run(folder)), Run(planned, start_run(folder))
    task = Task(planned, Together(), 0, 1)
    with pytest.raises(SupersededError), recording_failure(planned):
        perform_on_worker(task, earlier)
    assert not (Path(planned) / FAILURE_FILE).exists()
    assert perform_on_worker(task, now).error is None
