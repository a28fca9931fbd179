"""Comparing two sides of one claim, which run alternately: ours, the peer, ours, the peer.

Machines are noisy, so a claim is a ratio of measurements taken right after each other: the median
over the rounds, with the minimum and the maximum. Each side runs in processes of its own, one or
one per core, which start together; each process gets every n-th file and uses one thread.
"""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from benchmarks.corpus import Sample, sample
from benchmarks.paths import CORPUS, ROOT, WORK

ONE_THREAD = {
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
}

ROUNDS = 5
TIMEOUT = 240
"""Seconds for one run of one side."""
SCRATCH = WORK / f"scratch-{os.getpid()}"
"""The folder that implementations write to (their option `work`); deleted after each run."""

FAILED, DIFFERENT = "not measured", "DIFFERENT"
"""How `Comparison.agreement` starts if a side failed, or if the answers differ."""


@dataclass(frozen=True)
class Side:
    """An implementation of a workload, and the interpreter that runs it.

    Attributes:
        name: the product's name and version.
        workload: a module of benchmarks.implementations.
        implementation: a key of the implementations in that module.
        python: the interpreter of the product's environment.
        options: options of the implementation, JSON-serializable.
    """

    name: str
    workload: str
    implementation: str
    python: Path = Path(sys.executable)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """The cost of one side in one round.

    Attributes:
        size: bytes of text.
        seconds: wall time until the last process finished.
        processor_seconds: processor time of all processes.
        peak_memory: bytes of the largest process.
        checks: the values to compare with the other side's, one entry per process.
    """

    size: int
    seconds: float
    processor_seconds: float
    peak_memory: int
    checks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Megabytes per second."""
        return self.size / 1e6 / self.seconds

    @property
    def core_rate(self) -> float:
        """Megabytes per second of processor time."""
        return self.size / 1e6 / self.processor_seconds


@dataclass(frozen=True)
class Comparison:
    """One line of the results.

    Attributes:
        work: the work that is measured.
        ours: name of our side.
        peer: name of the peer.
        sample: the input.
        workers: number of processes of each side.
        rounds: our measurement and the peer's, for each round.
        agreement: whether the two answers agree, in words.
        note: what a reader needs to know to interpret the line.
        limit: which of the machine's limits bounds the work (see `hardware_limits`).
    """

    work: str
    ours: str
    peer: str
    sample: Sample
    workers: int
    rounds: list[tuple[Measurement, Measurement]]
    agreement: str
    note: str = ""
    limit: str = ""

    def median_of(self, side: int, of: str) -> float:
        """The median over the rounds of an attribute of our (0) or the peer's (1) measurements."""
        return float(median(getattr(pair[side], of) for pair in self.rounds))

    def ratios(self) -> tuple[float, float, float]:
        """Median, minimum and maximum ratio: per core with one worker, else by wall time."""
        found = [
            ours.core_rate / peer.core_rate if self.workers == 1 else ours.rate / peer.rate
            for ours, peer in self.rounds
        ]
        return median(found), min(found), max(found)

    def line(self) -> str:
        """The comparison as a line for the terminal."""
        if not self.rounds:
            return f"{self.work}, {self.peer}: {self.agreement}"
        middle, low, high = self.ratios()
        ours, peer = (self.median_of(side, "core_rate") for side in (0, 1))
        return (
            f"{self.work}, {self.workers} worker{'s' * (self.workers > 1)}: {ours:,.1f} MB/s per "
            f"core; {self.peer} {peer:,.2f}; ratio {middle:,.1f} ({low:,.1f} to {high:,.1f}); "
            f"{self.agreement}"
        )

    def to_json(self) -> dict[str, Any]:
        """All measurements, JSON-serializable."""
        return asdict(self)


def compare_checks(ours: list[dict[str, Any]], peer: list[dict[str, Any]]) -> str:
    """`x, y equal` if the answers are equal, else the differences in words."""
    differing = [
        f"{key} {one.get(key)} and {other.get(key)}"
        for one, other in zip(ours, peer, strict=True)
        for key in sorted(one.keys() & other.keys())
        if one[key] != other[key]
    ]
    if differing:
        return f"{DIFFERENT}: " + "; ".join(differing[:2])
    return ", ".join(sorted(set(ours[0]) & set(peer[0]))) + " equal"


Measured = TypeVar("Measured")
Process = subprocess.Popen[str]


def run_alternately(
    ours: Callable[[], Measured], peer: Callable[[], Measured], *, rounds: int, budget: float
) -> list[tuple[Measured, Measured]]:
    """Run both sides in turn; no round starts that would probably exceed `budget` seconds."""
    started = time.monotonic()
    found: list[tuple[Measured, Measured]] = []
    while len(found) < rounds:
        spent = time.monotonic() - started
        if found and spent * (len(found) + 1) / len(found) > budget:
            break
        found.append((ours(), peer()))
    return found


def compare(
    work: str,
    peers: Iterable[tuple[Side, int]],
    *,
    cores: int,
    budget: float,
    options: dict[str, Any] | None = None,
    note: str = "",
    limit: str = "",
) -> list[Comparison]:
    """Compare our side with each peer, with one worker and with one per core.

    If a side fails, the comparison has no rounds, and its `agreement` is the error.

    Args:
        work: the work that is measured.
        peers: each peer, and the megabytes of its sample, chosen by its speed.
        cores: number of cores.
        budget: seconds for the rounds of one comparison.
        options: options of our implementation, JSON-serializable.
        note: what a reader needs to know to interpret the lines.
        limit: which of the machine's limits bounds the work (see `hardware_limits`).
    """
    lines = []
    for peer, megabytes in peers:
        ours = Side("codecorpus", peer.workload, "codecorpus", options=options or {})
        of = sample(megabytes * 1_000_000)
        for workers in sorted({1, cores}):
            found: list[tuple[Measurement, Measurement]] = []
            try:
                found = run_alternately(
                    partial(measure, ours, of, workers),
                    partial(measure, peer, of, workers),
                    rounds=ROUNDS,
                    budget=budget,
                )
                verdict = compare_checks(found[-1][0].checks, found[-1][1].checks)
            except RuntimeError as error:
                verdict = f"{FAILED}: {error}"
            line = Comparison(work, ours.name, peer.name, of, workers, found, verdict, note, limit)
            print(line.line(), flush=True)
            lines.append(line)
    return lines


def measure(side: Side, sample: Sample, workers: int) -> Measurement:
    """Run one side once.

    Raises:
        RuntimeError: a process failed, or took longer than TIMEOUT; the message has the end of its
            standard error.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    tasks = [WORK / f"{os.getpid()}-{index}.json" for index in range(workers)]
    processes = [_start(side, sample, task, index, workers) for index, task in enumerate(tasks)]
    alarm = threading.Timer(TIMEOUT, _kill, [processes])
    alarm.start()
    try:
        for process in processes:
            _await_ready(side, process)
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.close()
        for process in processes:
            if process.wait() != 0:
                raise RuntimeError(_failure(side, process))
    finally:
        alarm.cancel()
        _kill(processes)
        shutil.rmtree(SCRATCH, ignore_errors=True)
    outcomes = [json.loads(task.with_suffix(".out").read_text()) for task in tasks]
    return Measurement(
        size=sum(outcome["bytes"] for outcome in outcomes),
        seconds=max(outcome["seconds"] for outcome in outcomes),
        processor_seconds=sum(outcome["processor_seconds"] for outcome in outcomes),
        peak_memory=max(outcome["peak_memory"] for outcome in outcomes),
        checks=[outcome["check"] for outcome in outcomes],
    )


def _kill(processes: list[Process]) -> None:
    for process in processes:
        process.kill()
        process.wait()


def _start(side: Side, sample: Sample, task: Path, index: int, count: int) -> Process:
    task.with_suffix(".out").unlink(missing_ok=True)
    content = {
        "implementation": side.implementation,
        "options": side.options | {"work": str(SCRATCH)},
        "corpus": str(CORPUS),
        "files": sample.files,
        "split": [index, count],
    }
    task.write_text(json.dumps(content))
    return subprocess.Popen(
        [str(side.python), "-m", f"benchmarks.implementations.{side.workload}", str(task)],
        cwd=ROOT,
        env=os.environ | ONE_THREAD,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=task.with_suffix(".err").open("w"),
        text=True,
    )


def _await_ready(side: Side, process: Process) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line == "ready\n":
            return
    process.wait()
    raise RuntimeError(_failure(side, process))


def _failure(side: Side, process: Process) -> str:
    assert isinstance(process.args, list)
    stderr = Path(str(process.args[-1])).with_suffix(".err").read_text()[-1500:]
    return (
        f"{side.name}, {side.workload}.{side.implementation}: exit {process.returncode}: {stderr}"
    )
