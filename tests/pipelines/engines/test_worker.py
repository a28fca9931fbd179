"""What a worker of an engine does with a task."""

import threading
from pathlib import Path
from typing import Any

import pytest

from foundation.errors import CodecorpusError
from pipelines.context import Build
from pipelines.counters import Counters
from pipelines.engines import worker
from pipelines.engines.worker import FAILURE, noting_failure, perform_here
from pipelines.storage import FileDigest
from pipelines.tasks import Stage, Summary, Task


class Together(Stage):
    """Notes how many of its tasks run at once."""

    name = "together"

    def __init__(self) -> None:
        self.now, self.most = 0, 0

    def weights(self, build: Build) -> list[int]:
        del build
        return [1, 1, 1]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Summary:
        del build, digests, counters
        self.now += 1
        self.most = max(self.most, self.now)
        threading.Event().wait(0.05)
        self.now -= 1
        return {"index": index}


def test_tasks_of_one_process_take_turns(planned: str) -> None:
    stage = Together()
    threads = [
        threading.Thread(target=perform_here, args=(Task(planned, stage, index, 1),))
        for index in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stage.most == 1
    assert all(Build.load(planned).marker(stage.name, index) for index in range(3))


def test_a_worker_of_another_version_refuses(planned: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(worker, "code_version", lambda: "codecorpus 0.0.1 (abc)")
    outcome = perform_here(Task(planned, Together(), 0, 1))
    assert outcome.error
    assert "other code than this command: codecorpus 0.0.1" in outcome.error


def test_a_folder_that_is_not_there_is_an_outcome(tmp_path: Path) -> None:
    outcome = perform_here(Task(str(tmp_path), Together(), 0, 1))
    assert outcome.error
    assert "no build was planned here" in outcome.error


def test_a_failure_is_noted_for_the_command(planned: str) -> None:
    with pytest.raises(CodecorpusError), noting_failure(planned):
        raise CodecorpusError("what went wrong")
    assert (Path(planned) / FAILURE).read_text() == "what went wrong"
