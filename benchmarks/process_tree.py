"""Measuring a command with all the processes that it starts."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.comparison import ONE_THREAD
from benchmarks.paths import ROOT


class Outcome:
    """What a command took: seconds by the clock, processor seconds, bytes resident at most."""

    def __init__(self, seconds: float, processor_seconds: float, peak_memory: int) -> None:
        self.seconds = seconds
        self.processor_seconds = processor_seconds
        self.peak_memory = peak_memory


def run(command: list[str], limit: float) -> Outcome:
    """Run a command to its end; nothing else of ours may run beside it.

    Peak memory is the resident bytes of all its processes together, looked at ten times a second
    (0 where there is no /proc); pages that they share count in each.

    Raises:
        RuntimeError: it failed, with the last lines that it said, or took longer than `limit`.
    """
    before, begun = _children(), time.perf_counter()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | ONE_THREAD,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    peaks = [0]
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, peaks, done))
    watcher.start()
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise RuntimeError(f"{command[2]} did not end within {limit:.0f} s") from error
    finally:
        done.set()
        watcher.join()
    if process.returncode:
        raise RuntimeError(f"{command}: exit {process.returncode}: {said[-1500:]}")
    return Outcome(time.perf_counter() - begun, _children() - before, peaks[0])


def _children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _watch(root: int, peaks: list[int], done: threading.Event) -> None:
    while not done.wait(0.1):
        peaks.append(max(peaks.pop(), resident(root)))


def resident(root: int) -> int:
    """Bytes resident in a process and its descendants."""
    if not sys.platform.startswith("linux"):
        return 0
    children: dict[int, list[int]] = defaultdict(list)
    sizes: dict[int, int] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            status = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        children[int(status[1])].append(int(place.name))
        sizes[int(place.name)] = int(status[21]) * os.sysconf("SC_PAGE_SIZE")
    waiting, total = [root], 0
    while waiting:
        process = waiting.pop()
        total += sizes.get(process, 0)
        waiting += children[process]
    return total
