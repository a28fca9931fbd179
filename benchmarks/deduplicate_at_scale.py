"""Deduplicating synthetic sketches: time and memory of each stage.

    .venv/bin/python -m benchmarks.deduplicate_at_scale [--sketches 10_000_000] [--workers 2]

The output of curation is synthetic (`benchmarks.synthetic_sketches`); the stages after it are the
real ones.

Memory is what all workers hold together, sampled: private, and resident, which includes pages of
mapped files that the system can reclaim. A stage's peak includes what workers still hold from the
previous stage.

There is no peer: none of them compares pairs by sketches without holding all sketches in memory.
"""

import argparse
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.paths import WORK
from benchmarks.process_tree import Memory, read_task_timings, sampled_memory
from benchmarks.results import Section
from benchmarks.synthetic_sketches import SyntheticCorpus, make
from codecorpus.pipelines.engines.process_pool import ProcessPool
from codecorpus.pipelines.stages.artifacts import (
    CHOOSE_SURVIVORS,
    MATCH_COPIES,
    PROPOSE_PAIRS,
    VERIFY_PAIRS,
)
from codecorpus.pipelines.stages.base import list_tasks, require_done
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.deduplicate.pair_tasks import propose_tasks, verify_tasks
from codecorpus.pipelines.stages.order import DEDUPLICATE

SKETCHES = 1_000_000
"""Distinct contents when all benchmarks run."""

HEADER = ["stage", "tasks", "seconds", "processor s", "private MB", "resident MB"]


def run_stages(out: Path, workers: ProcessPool) -> Iterator[tuple[str, int, float, float, Memory]]:
    """Run the stages; yields the name, tasks, seconds, processor seconds and memory of each."""
    for stage in DEDUPLICATE:
        started = time.perf_counter()
        with sampled_memory() as memory:
            tasks = list_tasks(str(out), stage)
            require_done(list(workers.run(tasks)))
        seconds = time.perf_counter() - started
        yield stage.name, len(tasks), seconds, _processor_seconds(out, stage.name), memory


def _processor_seconds(out: Path, stage: str) -> float:
    timings = read_task_timings(out)
    return float(sum(line["processor_seconds"] for line in timings if line["stage"] == stage))


def check(out: Path, corpus: SyntheticCorpus) -> dict[str, int]:
    """Check the stages' results; returns their sums."""
    build = Build.load(str(out))
    matched = build.summary(MATCH_COPIES, 0)
    assert matched["documents"] == corpus.files
    assert matched["contents"] == corpus.contents
    # besides the contents with one sketch, a few very similar contents agree by chance
    merged = corpus.contents - corpus.same_sketch + 1 - matched["compared"]
    assert 0 <= merged <= corpus.contents // 500, f"{merged:,} contents were merged"
    sums = {"files": corpus.files, "contents": corpus.contents, "compared": matched["compared"]}
    proposed = [build.summary(PROPOSE_PAIRS, task) for task in range(propose_tasks(build))]
    verified = [build.summary(VERIFY_PAIRS, task) for task in range(verify_tasks(build))]
    sums["propose pairs: pairs"] = sum(task["pairs"] for task in proposed)
    sums["propose pairs: capped"] = sum(task["capped"] for task in proposed)
    sums["verify pairs: pairs"] = sum(task["pairs"] for task in verified)
    sums["verify pairs: similar"] = sum(task["similar"] for task in verified)
    sums["kept"] = build.summary(CHOOSE_SURVIVORS, 0)["kept"]
    return sums


def main(
    cores: int,
    *,
    sketches: int = SKETCHES,
    threshold: float = 0.85,
    folder: Path = WORK,
) -> Section:
    """Generate the files and run the stages."""
    folder.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder))
    try:
        with ProcessPool(cores) as workers:
            make(work / "warm", 20_000, threshold, 1)
            list(run_stages(work / "warm", workers))  # compiles the kernels
        started = time.perf_counter()
        corpus = make(work / "out", sketches, threshold, cores)
        made = time.perf_counter() - started
        rows = _measure(work / "out", cores)
        sums = ", ".join(f"{name} {n:,}" for name, n in check(work / "out", corpus).items())
    finally:
        shutil.rmtree(work, ignore_errors=True)
    text = f"{cores} workers; generating the files ({made:.0f} s) is not included. Counts: {sums}."
    return Section("Deduplicating synthetic sketches", text, HEADER, rows)


def _measure(out: Path, workers: int) -> list[list[str]]:
    """One row for each stage, and one for all stages."""
    rows = []
    total, spent = 0.0, 0.0
    most = Memory()
    with ProcessPool(workers) as pool:
        for name, tasks, seconds, processor, memory in run_stages(out, pool):
            rows.append(_row(name, str(tasks), seconds, processor, memory))
            total, spent = total + seconds, spent + processor
            most.include(memory.private, memory.resident)
    return [*rows, _row("all", "", total, spent, most)]


def _row(name: str, tasks: str, seconds: float, processor: float, memory: Memory) -> list[str]:
    measured = [f"{seconds:.1f}", f"{processor:.1f}"]
    sizes = [f"{size / 1e6:,.0f}" for size in (memory.private, memory.resident)]
    print(f"{name:<18}{tasks:>6}" + "".join(f"{cell:>12}" for cell in measured + sizes), flush=True)
    return [name, tasks, *measured, *sizes]


def _command() -> None:
    """The command in the module's docstring."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sketches", type=int, default=10_000_000, help="distinct contents")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    parser.add_argument("--threshold", type=float, default=0.85, help="threshold of the recipe")
    parser.add_argument(
        "--folder", type=Path, default=WORK, help="work folder; needs 1.6 GB per million sketches"
    )
    options = parser.parse_args()
    section = main(
        options.workers,
        sketches=options.sketches,
        threshold=options.threshold,
        folder=options.folder,
    )
    print(section.text)


if __name__ == "__main__":
    _command()
