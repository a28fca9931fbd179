"""Run all benchmarks, or those named.

    .venv/bin/python -m benchmarks [NAME ...] [--cores N] [--out RESULTS.md]

Without names all benchmarks run, about 20 minutes on two cores, and RESULTS.md is written. With
names the figures are only printed, unless --out names a file. Exit status 1: a benchmark failed, or
two sides gave different answers.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import (
    corpus,
    deduplicate_at_scale,
    file_rules,
    hardware_limits,
    near_duplicates,
    reading,
    signatures,
    stages,
    tokenizing,
    whole_build,
    writing,
)
from benchmarks.comparison import Comparison
from benchmarks.paths import BUILD, RESULTS
from benchmarks.results import BenchmarkRun, Section, render

CLAIMS: dict[str, Any] = {
    "whole_build": whole_build,
    "reading": reading,
    "file_rules": file_rules,
    "signatures": signatures,
    "tokenizing": tokenizing,
    "writing": writing,
}
"""Benchmarks that return comparisons, and whose docstrings state a roofline."""

SECTIONS: dict[str, Any] = {
    "near_duplicates": near_duplicates,
    "stages": stages,
    "scale": deduplicate_at_scale,
}
"""Benchmarks that return a section of the page."""


def main() -> int:
    """Run the benchmarks and write the results; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure every claim against its peers.")
    names = [*CLAIMS, *SECTIONS]
    parser.add_argument("names", nargs="*", choices=[*names, []], help=", ".join(names))
    parser.add_argument(
        "--cores", type=int, default=os.cpu_count() or 1, help="maximum number of workers"
    )
    parser.add_argument("--out", type=Path, help=f"default if all run: {RESULTS.name}")
    options = parser.parse_args()
    chosen = options.names or names
    started = time.monotonic()
    corpus.prepare()
    run = BenchmarkRun(limits=hardware_limits.measure())
    for name in chosen:
        print(f"\n{name}, after {time.monotonic() - started:.0f} s", flush=True)
        _run_benchmark(run, name, options.cores)
    run.seconds = time.monotonic() - started
    _save_measurements(run.lines)
    out = options.out or (None if options.names else RESULTS)
    if out:
        out.write_text(render(run), encoding="utf-8")
        print(f"\n{out}")
    for name, failure in run.failures.items():
        print(f"{name}: {failure}", file=sys.stderr)
    return 0 if run.sound() else 1


def _run_benchmark(run: BenchmarkRun, name: str, cores: int) -> None:
    """Run one benchmark; a failure is recorded, so that the others still run."""
    try:
        if name in SECTIONS:
            section: Section = SECTIONS[name].main(cores)
            run.sections.append(section)
        else:
            run.rooflines[name] = roofline(CLAIMS[name].__doc__)
            run.lines += CLAIMS[name].main(cores)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        run.failures[name] = str(error)


def roofline(docstring: str) -> str:
    """The paragraph of a claim's docstring that starts with `Roofline: `, as one line."""
    paragraphs = docstring.split("\n\n")
    found = next(text for text in paragraphs if text.startswith("Roofline: "))
    return " ".join(found.removeprefix("Roofline: ").split())


def _save_measurements(lines: list[Comparison]) -> None:
    """Write every measurement of every round to results.json."""
    BUILD.mkdir(parents=True, exist_ok=True)
    content = [line.to_json() for line in lines]
    (BUILD / "results.json").write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    sys.exit(main())
