"""One build at a time in a remote folder; the lock of a killed build expires."""

import json
import os
import socket

import pytest

from codecorpus.pipelines.storage import lease, open_folder
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Url
from tests.pipelines.storage.stored import writable


@pytest.fixture
def folder(bucket: str) -> Folder:
    return open_folder(Url(f"{bucket}/out"))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (
        ("RENEW_SECONDS", 0.05),
        ("EXPIRY_SECONDS", 0.6),
        ("_POLL_SECONDS", 0.1),
        ("_RACE_SECONDS", 0.0),
    ):
        monkeypatch.setattr(lease, name, seconds)


def leave_lock(folder: Folder, **holder: object) -> None:
    store = writable(str(folder.root))
    lock = {"token": "another", "host": "elsewhere", "pid": 1, "renewals": 0, **holder}
    store.write(folder.where("log/lock"), json.dumps(lock).encode())


def test_a_second_build_is_refused_while_the_first_runs(folder: Folder) -> None:
    with (
        folder.lock(),
        pytest.raises(OutputConflictError, match=rf"another build is running .*{os.getpid()}"),
        folder.lock(),
    ):
        pytest.fail("two builds at once")


def test_the_lock_is_removed_when_the_build_ends(folder: Folder) -> None:
    for _ in range(2):
        with folder.lock():
            assert folder.exists("log/lock")
        assert not folder.exists("log/lock")


def test_a_lock_that_is_not_renewed_is_taken_over(folder: Folder) -> None:
    leave_lock(folder)
    with folder.lock():
        assert folder.read_json("log/lock")["pid"] == os.getpid()


def test_the_lock_of_a_dead_process_of_this_machine_is_taken_over_at_once(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "EXPIRY_SECONDS", 3600.0)
    leave_lock(folder, host=socket.gethostname(), pid=dead_process())
    with folder.lock():
        assert folder.read_json("log/lock")["pid"] == os.getpid()


def dead_process() -> int:
    import subprocess
    import sys

    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_that_another_build_took_over_is_not_removed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "RENEW_SECONDS", 3600.0)  # no renewal while the other writes
    with folder.lock():
        leave_lock(folder)
    assert folder.read_json("log/lock")["token"] == "another"


@pytest.mark.parametrize("text", [b"", b"[]", b"{"])
def test_a_damaged_lock_is_taken_over(folder: Folder, text: bytes) -> None:
    store = writable(str(folder.root))
    store.write(folder.where("log/lock"), text)
    with folder.lock():
        assert folder.exists("log/lock")
