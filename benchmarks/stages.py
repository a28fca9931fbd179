"""Where the time of a whole build goes: no claim, there is no peer beside it, but what bounds it.

The whole corpus, one part and stage at a time, with all cores. The table is by processor seconds of
each stage's tasks, loading of compiled kernels included.
"""

import json
import shutil
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import corpus, whole_build, whole_command
from benchmarks.timings import read_timings
from benchmarks.whole_build import PLACE


def main(cores: int) -> tuple[str, list[list[str]]]:
    """A sentence, and rows of stage, tasks, processor seconds, share, MB/s a core, peak MB."""
    sample = corpus.sample(corpus.TARGET)
    whole_build.lay_out(sample, json_lines=False)
    out = PLACE / "out"
    command = [sys.executable, "-m", "pipelines", "build", str(PLACE / "recipe.yaml")]
    taken = whole_command.run([*command, f"--out={out}", f"--workers={cores}"], limit=600)
    manifest = json.loads((out / "manifest.json").read_text())
    kept = sum(sums["bytes"] for sums in manifest["languages"].values())
    rows = table_of(out, sample.size)
    text = (
        f"{sample.files:,} files, {sample.size / 1e6:.1f} MB read, {kept / sample.size:.0%} of the "
        f"bytes kept, {cores} workers: {taken.seconds:.1f} s by the clock for the whole command, "
        f"{sample.size / 1e6 / taken.processor_seconds:.1f} MB/s a core, "
        f"{taken.peak_memory / 1e6:,.0f} MB resident in all processes together."
    )
    shutil.rmtree(PLACE, ignore_errors=True)
    print(text)
    return text, rows


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
            f"{size / 1e6 / max(seconds, 1e-3):,.0f}",
            f"{max(t['peak_memory'] for t in timings) / 1e6:,.0f}",
        ]
        for stage, timings in lines.items()
        for seconds in [sum(t["processor_seconds"] for t in timings)]
    ]
