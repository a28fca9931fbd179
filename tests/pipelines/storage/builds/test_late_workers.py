"""Workers of an earlier run, where a store knows of no locks that go with a process."""

import threading

import pytest

from codecorpus.pipelines.engines import run_lock
from codecorpus.pipelines.engines.heartbeat import HEARTBEATS
from codecorpus.pipelines.engines.run_lock import start_run
from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.folder import Folder, RefusedError
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


def test_who_gives_signs_of_life_is_waited_for(folder: Folder) -> None:
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
    assert not folder.names(HEARTBEATS), "the next one need not wait"


def test_who_never_falls_silent_is_named(folder: Folder) -> None:
    sign(folder, 0)
    with pytest.raises(RefusedError, match="workers of an earlier build"):
        start_run(folder, patience=0.0)
