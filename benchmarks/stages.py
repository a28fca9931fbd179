"""Where the time of a whole build goes: no claim, there is no peer beside it, but what bounds it.

The whole corpus, with all cores, twice: once as the system's cache has the files, once after they
were dropped from it, so that the disk is waited for. The table is of the first, by processor
seconds of each stage's tasks, loading of compiled kernels included. What is computed, and not
waited for, of the tasks' time by the clock says what an overlap of reading, computing and writing
could gain.
"""

import json
import os
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import corpus, process_tree, whole_build
from benchmarks.task_timings import read_timings
from benchmarks.whole_build import PLACE

HEADER = ["stage", "tasks", "processor s", "share", "computed", "MB/s a core"]
HEADER += ["peak MB of a process"]


def main(cores: int) -> tuple[str, list[list[str]]]:
    """A sentence, and rows of HEADER."""
    sample = corpus.sample(corpus.TARGET)
    whole_build.lay_out(sample)
    taken, out = _build(cores, "out")
    manifest = json.loads((out / "manifest.json").read_text())
    kept = sum(sums["bytes"] for sums in manifest["languages"].values())
    rows = table_of(out, sample.size)
    forget_files(PLACE / "files")
    cold, again = _build(cores, "again")
    shares = [computed(read_timings(folder)) for folder in (out, again)]
    text = (
        f"{sample.files:,} files, {sample.size / 1e6:.1f} MB read, {kept / sample.size:.0%} of the "
        f"bytes kept, {cores} workers: {taken.seconds:.1f} s by the clock for the whole command, "
        f"{sample.size / 1e6 / taken.processor_seconds:.1f} MB/s a core, "
        f"{taken.peak_memory / 1e6:,.0f} MB resident in all processes together. With no file in "
        f"the system's cache: {cold.seconds:.1f} s, tasks computed {shares[1]:.0%} of their "
        f"time, where it was {shares[0]:.0%}."
    )
    shutil.rmtree(PLACE, ignore_errors=True)
    print(text)
    return text, rows


def _build(cores: int, name: str) -> tuple[process_tree.Outcome, Path]:
    out = PLACE / name
    command = [sys.executable, "-m", "codecorpus", "build", str(whole_build.recipe_of("files"))]
    return process_tree.run([*command, f"--out={out}", f"--workers={cores}"], limit=600), out


def forget_files(folder: Path) -> None:
    """Ask the system to drop the files of a folder from its cache; on some it cannot be asked."""
    if not hasattr(os, "posix_fadvise"):
        return
    os.sync()  # only what is on the disk can be dropped
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def computed(timings: list[dict[str, Any]]) -> float:
    """Processor seconds of tasks by their seconds."""
    seconds = sum(timing["seconds"] for timing in timings)
    processor = sum(timing["processor_seconds"] for timing in timings)
    return float(processor / max(seconds, 1e-3))


def table_of(out: Path, size: int) -> list[list[str]]:
    """The rows of the table from a build's timings."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for timing in read_timings(out):
        lines[timing["stage"]].append(timing)
    total = sum(t["processor_seconds"] for timings in lines.values() for t in timings)
    return [
        [
            stage,
            str(len(timings)),
            f"{seconds:.2f}",
            f"{seconds / total:.0%}",
            f"{computed(timings):.0%}",
            f"{size / 1e6 / max(seconds, 1e-3):,.0f}",
            f"{max(t['peak_memory'] for t in timings) / 1e6:,.0f}",
        ]
        for stage, timings in lines.items()
        for seconds in [sum(t["processor_seconds"] for t in timings)]
    ]
