"""Measuring a command together with all the processes that it starts."""

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


class ProcessUsage:
    """Wall seconds and processor seconds of a command, and its peak of resident bytes."""

    def __init__(self, seconds: float, processor_seconds: float, peak_memory: int) -> None:
        self.seconds = seconds
        self.processor_seconds = processor_seconds
        self.peak_memory = peak_memory


def run_command(command: list[str], timeout: float) -> ProcessUsage:
    """Run a command to its end; this process must have no other children meanwhile.

    Peak memory is the sum of resident bytes of all its processes, sampled ten times a second (0
    without /proc); shared pages count in each process.

    Raises:
        RuntimeError: the command failed (the message has the end of its output), or took longer
            than `timeout` seconds.
    """
    before, started = _children_seconds(), time.perf_counter()
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
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        process.kill()
        raise RuntimeError(f"{command[2]} did not finish within {timeout:.0f} s") from error
    finally:
        done.set()
        watcher.join()
    if process.returncode:
        raise RuntimeError(f"{command}: exit {process.returncode}: {output[-1500:]}")
    return ProcessUsage(time.perf_counter() - started, _children_seconds() - before, peaks[0])


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _watch(root: int, peaks: list[int], done: threading.Event) -> None:
    while not done.wait(0.1):
        peaks.append(max(peaks.pop(), resident_bytes(root)))


def resident_bytes(root: int) -> int:
    """Resident bytes of a process and its descendants."""
    if not sys.platform.startswith("linux"):
        return 0
    children: dict[int, list[int]] = defaultdict(list)
    sizes: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # the process has ended
            continue
        children[int(status[1])].append(int(folder.name))
        sizes[int(folder.name)] = int(status[21]) * os.sysconf("SC_PAGE_SIZE")
    waiting, total = [root], 0
    while waiting:
        process = waiting.pop()
        total += sizes.get(process, 0)
        waiting += children[process]
    return total
