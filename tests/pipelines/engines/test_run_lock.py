"""One build at a time in a folder, and none beside workers that another left behind."""

import multiprocessing
import threading
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from codecorpus.pipelines.engines.run_lock import (
    SupersededError,
    exclusive_run,
    hold_worker_lock,
    require_current_run,
)
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.folder import Folder


def work(root: Path, begun: Event, end: Event) -> None:
    with hold_worker_lock(Folder(root)):
        begun.set()
        end.wait(60)


def test_a_second_build_is_refused(tmp_path: Path) -> None:
    with exclusive_run(Folder(tmp_path)):
        second = exclusive_run(Folder(tmp_path))
        with pytest.raises(OutputConflictError, match="another build is running in"), second:
            pass
    with exclusive_run(Folder(tmp_path)):
        pass


def test_workers_of_the_build_itself_share_their_lock(tmp_path: Path) -> None:
    with (
        exclusive_run(Folder(tmp_path)),
        hold_worker_lock(Folder(tmp_path)),
        hold_worker_lock(Folder(tmp_path)),
    ):
        pass


def test_a_worker_left_behind_is_waited_for(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    begun, end = context.Event(), context.Event()
    orphan = context.Process(target=work, args=(tmp_path, begun, end))
    orphan.start()
    try:
        assert begun.wait(60)
        hasty = exclusive_run(Folder(tmp_path), patience=0.0)
        with pytest.raises(OutputConflictError, match="workers of an earlier build"), hasty:
            pass
        threading.Timer(0.1, end.set).start()
        with exclusive_run(Folder(tmp_path)):
            assert end.is_set()
    finally:
        end.set()
        orphan.join()


def test_only_the_last_run_may_begin_tasks(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with exclusive_run(folder) as first:
        require_current_run(folder, first)
    with exclusive_run(folder) as second:
        require_current_run(folder, second)
        with pytest.raises(SupersededError, match="taken over the build"):
            require_current_run(folder, first)
