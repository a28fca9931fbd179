"""Workers of an earlier run, in a store, which cannot tie a lock to a process."""

import threading

import pytest

from codecorpus.pipelines.engines import run_lock
from codecorpus.pipelines.engines.heartbeat import HEARTBEATS
from codecorpus.pipelines.engines.run_lock import start_run
from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Url


@pytest.fixture
def folder(bucket: str) -> Folder:
    return open_folder(Url(f"{bucket}/out"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "_SILENCE", 1.5)
    monkeypatch.setattr(run_lock, "_POLL_SECONDS", 0.05)


def sign(folder: Folder, number: int) -> None:
    folder.write_bytes(f"{HEARTBEATS}/host-1", f"{number}\n".encode(), {})


def test_a_new_run_waits_for_workers_that_are_alive(folder: Folder) -> None:
    late = threading.Event()

    def work() -> None:
        for number in range(1, 4):
            late.wait(0.3)
            sign(folder, number)
        late.set()

    sign(folder, 0)
    worker = threading.Thread(target=work)
    worker.start()
    start_run(folder)
    worker.join(0)
    assert late.is_set()
    assert not folder.names(HEARTBEATS), "the next run need not wait"


def test_workers_that_stay_alive_are_an_error(folder: Folder) -> None:
    sign(folder, 0)
    with pytest.raises(OutputConflictError, match="workers of an earlier build"):
        start_run(folder, patience=0.0)
