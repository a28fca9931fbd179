"""How fast the whole build is: megabytes of input a second and core, by stage, and peak memory.

    .venv/bin/python benchmarks/end_to_end.py [--recipe recipes/quickstart.yaml] [--workers N]

Every figure is per byte of text read, whatever share of it is kept. Kernels are compiled before, by
a build of one package. Stages are measured by their tasks' processor time; `whole command` is
everything, start of the interpreter, planning and reports included, by the wall clock.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numba

from benchmarks.timings import read_timings

COMMAND = [sys.executable, "-m", "pipelines", "build"]


def main() -> None:
    """Build twice, the second time measured, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--recipe", default="quickstart", help="recipe to build")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        warm = Path(folder) / "warm"
        small = [*COMMAND, "folder", "--input", str(Path(json.__file__).parent), "--out", str(warm)]
        subprocess.run(small, check=True, stdout=subprocess.DEVNULL)
        out = Path(folder) / "measured"
        begun = time.perf_counter()
        subprocess.run(
            [*COMMAND, options.recipe, "--out", str(out), "--workers", str(options.workers)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        wall = time.perf_counter() - begun
        report(out, wall, options.workers)


def report(out: Path, wall: float, workers: int) -> None:
    """Print one line a stage."""
    manifest = json.loads((out / "manifest.json").read_text())
    timings = read_timings(out)
    size = manifest["read"]["bytes"] / 1e6
    kept = sum(sums["bytes"] for sums in manifest["languages"].values()) / 1e6
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, numba {numba.__version__}"
    )
    print(
        f"{manifest['read']['files']:,} files, {size:.1f} MB read, {kept:.1f} MB kept "
        f"({kept / size:.0%}), {workers} workers\n"
    )
    stages: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in timings:
        stages[line["stage"]].append(line)
    print(f"{'stage':<18}{'tasks':>6}{'CPU s':>9}{'MB/s a core':>13}{'peak MB':>9}")
    for stage, lines in stages.items():
        row(stage, lines, size)
    row("all stages", timings, size)
    print(f"\nwhole command: {wall:.1f} s, {size / wall / workers:.1f} MB/s a core")


def row(stage: str, lines: list[dict[str, Any]], size: float) -> None:
    """Print one line of the table."""
    seconds = sum(line["processor_seconds"] for line in lines)
    peak = max(line["peak_memory"] for line in lines) / 1e6
    print(
        f"{stage:<18}{len(lines):>6}{seconds:>9.2f}{size / max(seconds, 1e-3):>13.1f}{peak:>9.0f}"
    )


if __name__ == "__main__":
    main()
