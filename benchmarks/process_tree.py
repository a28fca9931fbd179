"""The cost of a command with all the processes that it starts, and of each task of a build."""

import json
import os
import resource
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.comparison import ONE_THREAD
from benchmarks.paths import ROOT


@dataclass
class Memory:
    """Peak memory of several processes together, in bytes; 0 without /proc.

    Attributes:
        private: memory of their own.
        resident: includes pages of mapped files; shared pages count in each process.
    """

    private: int = 0
    resident: int = 0

    def include(self, private: int, resident: int) -> None:
        """Update the peaks."""
        self.private = max(self.private, private)
        self.resident = max(self.resident, resident)


@dataclass(frozen=True)
class ProcessUsage:
    """Wall seconds and processor seconds of a command, and its peak of resident bytes."""

    seconds: float
    processor_seconds: float
    peak_memory: int


def run_command(command: list[str], timeout: float) -> ProcessUsage:
    """Run a command to its end; this process must have no other children meanwhile.

    Raises:
        RuntimeError: the command failed (the message has the end of its output), or took longer
            than `timeout` seconds.
    """
    before, started = _children_seconds(), time.perf_counter()
    with sampled_memory() as memory:
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=os.environ | ONE_THREAD,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise RuntimeError(f"{command[2]} did not finish within {timeout:.0f} s") from error
        seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"{command}: exit {done.returncode}: {done.stdout[-1500:]}")
    return ProcessUsage(seconds, _children_seconds() - before, memory.resident)


def read_task_timings(out: Path) -> list[dict[str, Any]]:
    """The log of a build: each task's stage, index, seconds, processor_seconds, peak_memory."""
    path = out / "log" / "timings.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def sampled_memory() -> Iterator[Memory]:
    """Sample the memory of all descendants of this process while the block runs."""
    memory, done = Memory(), threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            memory.include(*_memory_of_descendants())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield memory
    finally:
        done.set()
        watcher.join()


def _memory_of_descendants() -> tuple[int, int]:
    """Private and resident bytes of all descendants of this process."""
    private = resident = 0
    waiting = _children(os.getpid())
    while waiting:
        process = waiting.pop()
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:  # the process has ended
            continue
        sizes = {
            name: int(rest.split()[0]) * 1024
            for name, _, rest in (line.partition(":") for line in lines)
            if name in {"RssAnon", "VmRSS"}
        }
        private += sizes.get("RssAnon", 0)
        resident += sizes.get("VmRSS", 0)
        waiting += _children(process)
    return private, resident


def _children(process: int) -> list[int]:
    """The children of all threads of a process; empty if it has ended, or without /proc."""
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found
