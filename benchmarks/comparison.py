"""Two sides of one claim, run by turns: ours, the peer, ours, the peer.

Machines are noisy, so a claim is a ratio of neighbours in time: the median over the rounds, with
the least and the largest. Each side runs in processes of its own, one or one a core, which begin
together; each takes every n-th file and one thread.
"""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from benchmarks.corpus import Sample
from benchmarks.paths import CORPUS, ROOT, WORK

ONE_THREAD = {
    "RAYON_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "HF_HUB_OFFLINE": "1",
}


FAILED, DIFFERENT = "not measured", "DIFFERENT"
"""How a verdict begins that is no agreement."""


@dataclass(frozen=True)
class Side:
    """Who does it, with which interpreter.

    Attributes:
        name: as people know it, with its version.
        module: of benchmarks.implementations.
        job: in that module.
        python: the interpreter of its environment.
        options: for the job, JSON.
    """

    name: str
    module: str
    job: str
    python: Path = Path(sys.executable)
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Measurement:
    """What one side took in one round.

    Attributes:
        size: bytes of text.
        seconds: by the clock, until the last process was done.
        processor_seconds: of all processes.
        peak_memory: bytes, of the largest process.
        checks: one entry a process.
    """

    size: int
    seconds: float
    processor_seconds: float
    peak_memory: int
    checks: list[dict[str, Any]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Megabytes a second."""
        return self.size / 1e6 / self.seconds

    @property
    def core_rate(self) -> float:
        """Megabytes a second of processor time."""
        return self.size / 1e6 / self.processor_seconds


@dataclass(frozen=True)
class Comparison:
    """One line of the results.

    Attributes:
        what: the work.
        ours, peer: names.
        sample: the input.
        workers: processes.
        rounds: our measurement and the peer's, by turns.
        same: how the two answers compare.
        note: what a reader must know to judge it.
        ceiling: which measured limit of the machine bounds the work (`ceilings`).
    """

    what: str
    ours: str
    peer: str
    sample: Sample
    workers: int
    rounds: list[tuple[Measurement, Measurement]]
    same: str
    note: str = ""
    ceiling: str = ""

    def typical(self, side: int, of: str) -> float:
        """The median over the rounds of one attribute of our (0) or the peer's (1) measurements."""
        return float(median(getattr(pair[side], of) for pair in self.rounds))

    def ratios(self) -> tuple[float, float, float]:
        """Median, least and largest ratio: a core with one worker, else by the clock."""
        found = [
            ours.core_rate / peer.core_rate if self.workers == 1 else ours.rate / peer.rate
            for ours, peer in self.rounds
        ]
        return median(found), min(found), max(found)

    def line(self) -> str:
        """For the terminal."""
        if not self.rounds:
            return f"{self.what}, {self.peer}: {self.same}"
        middle, least, most = self.ratios()
        ours, peer = (self.typical(side, "core_rate") for side in (0, 1))
        return (
            f"{self.what}, {self.workers} worker{'s' * (self.workers > 1)}: {ours:,.1f} MB/s a "
            f"core; {self.peer} {peer:,.2f}; ratio {middle:,.1f} ({least:,.1f} to {most:,.1f}); "
            f"{self.same}"
        )

    def to_json(self) -> dict[str, Any]:
        """All that was measured."""
        return asdict(self)


Compare = Callable[[list[dict[str, Any]], list[dict[str, Any]]], str]


def equal(ours: list[dict[str, Any]], peer: list[dict[str, Any]]) -> str:
    """`x, y equal` if the answers are, else what differs, in words."""
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


def alternate(
    ours: Callable[[], Measured], peer: Callable[[], Measured], *, rounds: int, budget: float
) -> list[tuple[Measured, Measured]]:
    """By turns; a further round is begun only if it will probably end within `budget` seconds."""
    begun = time.monotonic()
    found: list[tuple[Measured, Measured]] = []
    while len(found) < rounds:
        spent = time.monotonic() - begun
        if found and spent * (len(found) + 1) / len(found) > budget:
            break
        found.append((ours(), peer()))
    return found


def compare(
    what: str,
    ours: Side,
    peer: Side,
    sample: Sample,
    *,
    workers: int = 1,
    rounds: int = 5,
    budget: float = 40,
    limit: float = 240,
    same: Compare = equal,
    note: str = "",
    ceiling: str = "",
) -> Comparison:
    """Measure both sides on one sample; `limit` is the most that one side may take, in seconds.

    Where a side fails, the line has no rounds, and its verdict is what went wrong.
    """
    found: list[tuple[Measurement, Measurement]] = []
    try:
        found = alternate(
            lambda: measure(ours, sample, workers, limit),
            lambda: measure(peer, sample, workers, limit),
            rounds=rounds,
            budget=budget,
        )
        verdict = same(found[-1][0].checks, found[-1][1].checks)
    except RuntimeError as error:
        verdict = f"{FAILED}: {error}"
    compared = Comparison(
        what, ours.name, peer.name, sample, workers, found, verdict, note, ceiling
    )
    print(compared.line(), flush=True)
    return compared


def measure(side: Side, sample: Sample, workers: int, limit: float) -> Measurement:
    """Run one side once.

    Raises:
        RuntimeError: a process failed, or took longer than `limit` seconds; with what it said.
    """
    WORK.mkdir(parents=True, exist_ok=True)
    tasks = [WORK / f"{os.getpid()}-{index}.json" for index in range(workers)]
    processes = [_start(side, sample, task, index, workers) for index, task in enumerate(tasks)]
    alarm = threading.Timer(limit, _kill, [processes])
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
        "job": side.job,
        "options": side.options,
        "corpus": str(CORPUS),
        "files": sample.files,
        "stripe": [index, count],
    }
    task.write_text(json.dumps(content))
    return subprocess.Popen(
        [str(side.python), "-m", f"benchmarks.implementations.{side.module}", str(task)],
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
    said = Path(str(process.args[-1])).with_suffix(".err").read_text()[-1500:]
    return f"{side.name}, {side.module}.{side.job}: exit {process.returncode}: {said}"
