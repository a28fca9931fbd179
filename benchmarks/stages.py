"""Where the time of a whole build goes; a breakdown without a claim or a peer.

The whole corpus is built twice with all cores: first with the files in the page cache, then after
they were dropped from it, so that the build waits for the disk. The table is for the first build,
by processor seconds of each stage's tasks, including the loading of compiled kernels. The share of
the tasks' wall time that is computing shows what overlapping reading, computing and writing could
gain.
"""

import json
import os
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import corpus, process_tree, whole_build
from benchmarks.results import Section
from benchmarks.whole_build import FOLDER

HEADER = ["stage", "tasks", "processor s", "share", "computed", "MB/s per core"]
HEADER += ["peak MB of a process"]


def main(cores: int) -> Section:
    """Build twice."""
    sample = corpus.sample(corpus.CORPUS_BYTES)
    whole_build.write_inputs(sample)
    warm, out = whole_build.build("files", "out", cores)
    manifest = json.loads((out / "manifest.json").read_text())
    kept = sum(sums["bytes"] for sums in manifest["languages"].values())
    rows = table_of(out, sample.size)
    forget_files(FOLDER / "files")
    cold, again = whole_build.build("files", "again", cores)
    shares = [computed_share(process_tree.read_task_timings(folder)) for folder in (out, again)]
    text = (
        f"{sample.files:,} files, {sample.size / 1e6:.1f} MB read, {kept / sample.size:.0%} of the "
        f"bytes kept, {cores} workers: {warm.seconds:.1f} s of wall time for the whole command, "
        f"{sample.size / 1e6 / warm.processor_seconds:.1f} MB/s per core, "
        f"{warm.peak_memory / 1e6:,.0f} MB resident in all processes together. With a cold page "
        f"cache: {cold.seconds:.1f} s, and tasks compute for {shares[1]:.0%} of their time instead "
        f"of {shares[0]:.0%}."
    )
    shutil.rmtree(FOLDER, ignore_errors=True)
    print(text)
    return Section("Where a whole build's time goes", text, HEADER, rows)


def forget_files(folder: Path) -> None:
    """Drop the files of a folder from the page cache, on systems that support it."""
    if not hasattr(os, "posix_fadvise"):
        return
    os.sync()  # only pages that are on disk can be dropped
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def computed_share(timings: list[dict[str, Any]]) -> float:
    """The share of the tasks' wall time that is processor time."""
    seconds = sum(timing["seconds"] for timing in timings)
    processor = sum(timing["processor_seconds"] for timing in timings)
    return float(processor / max(seconds, 1e-3))


def table_of(out: Path, size: int) -> list[list[str]]:
    """The rows of the table, from a build's timings."""
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for timing in process_tree.read_task_timings(out):
        lines[timing["stage"]].append(timing)
    total = sum(t["processor_seconds"] for timings in lines.values() for t in timings)
    return [
        [
            stage,
            str(len(timings)),
            f"{seconds:.2f}",
            f"{seconds / total:.0%}",
            f"{computed_share(timings):.0%}",
            f"{size / 1e6 / max(seconds, 1e-3):,.0f}",
            f"{max(t['peak_memory'] for t in timings) / 1e6:,.0f}",
        ]
        for stage, timings in lines.items()
        for seconds in [sum(t["processor_seconds"] for t in timings)]
    ]
