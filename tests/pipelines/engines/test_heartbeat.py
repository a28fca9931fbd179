"""Signs of life are seen, and their absence."""

import time
from pathlib import Path

from codecorpus.pipelines.engines.heartbeat import HEARTBEATS, HeartbeatMonitor, send_heartbeats
from codecorpus.pipelines.storage.folder import Folder


def test_a_sign_ends_the_silence(tmp_path: Path) -> None:
    folder, now = Folder(tmp_path), [0.0]
    watch = HeartbeatMonitor(folder, lambda: now[0])
    watch.seconds_since_change(0)
    now[0] = 50.0
    assert watch.seconds_since_change(0) == 50.0
    folder.write_bytes(f"{HEARTBEATS}/host-1", b"1\n", {})
    assert watch.seconds_since_change(0) == 0.0


def test_whether_anyone_has_ever_given_a_sign(tmp_path: Path) -> None:
    assert not HeartbeatMonitor(Folder(tmp_path)).any_seen
    Folder(tmp_path).write_bytes(f"{HEARTBEATS}/host-1", b"1\n", {})
    assert HeartbeatMonitor(Folder(tmp_path)).any_seen


def test_a_task_done_ends_the_silence(tmp_path: Path) -> None:
    now = [0.0]
    watch = HeartbeatMonitor(Folder(tmp_path), lambda: now[0])
    watch.seconds_since_change((0, 1))
    now[0] = 50.0
    assert watch.seconds_since_change((0, 1)) == 50.0
    assert watch.seconds_since_change((0, 2)) == 0.0
    now[0] = 60.0
    assert watch.seconds_since_change((0, 2)) == 10.0


def test_a_process_at_work_leaves_a_sign_and_stops_when_it_is_done(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with send_heartbeats(folder):
        end = time.monotonic() + 30
        while not folder.names(HEARTBEATS) and time.monotonic() < end:
            time.sleep(0.01)
    (sign,) = folder.names(HEARTBEATS)
    assert sign.rpartition("-")[2].isdigit()
