"""Workers of an earlier run, where a store knows of no locks that go with a process."""

import threading

import pytest

from pipelines import locks
from pipelines.engines.signs import SIGNS
from pipelines.folders import open_folder
from pipelines.locks import take_over
from pipelines.remote.urls import Url
from pipelines.storage import Folder, RefusedError


@pytest.fixture
def folder(bucket: str) -> Folder:
    return open_folder(Url(f"{bucket}/out"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_SILENCE", 1.5)
    monkeypatch.setattr(locks, "_LOOK_EVERY", 0.05)


def sign(folder: Folder, number: int) -> None:
    folder.write_bytes(f"{SIGNS}/host-1", f"{number}\n".encode(), {})


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
    take_over(folder)
    worker.join(0)
    assert late.is_set()
    assert not folder.names(SIGNS), "the next one need not wait"


def test_who_never_falls_silent_is_named(folder: Folder) -> None:
    sign(folder, 0)
    with pytest.raises(RefusedError, match="workers of an earlier build"):
        take_over(folder, patience=0.0)
