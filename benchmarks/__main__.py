"""All benchmarks, or those named.

    .venv/bin/python -m benchmarks [NAME ...] [--cores N] [--out RESULTS.md]

Without names all run, some 20 minutes on two cores, and RESULTS.md is written; with names the
figures are printed only, unless --out says where to. Exit 1: something failed, or answers differed.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
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
from benchmarks.results import Run, render

CLAIMS: dict[str, Any] = {
    "whole_build": whole_build,
    "reading": reading,
    "file_rules": file_rules,
    "signatures": signatures,
    "tokenizing": tokenizing,
    "writing": writing,
}
OTHERS = {"near_duplicates": near_duplicates, "stages": stages, "scale": deduplicate_at_scale}


def main() -> int:
    """Run, write, and say whether all is well."""
    parser = argparse.ArgumentParser(description="Measures every claim beside the peers.")
    names = [*CLAIMS, *OTHERS]
    parser.add_argument("names", nargs="*", choices=[*names, []], help=", ".join(names))
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="workers at most")
    parser.add_argument("--out", type=Path, help=f"default, if all run: {RESULTS.name}")
    options = parser.parse_args()
    chosen = options.names or names
    begun = time.monotonic()
    corpus.prepare()
    run = Run(ceilings=hardware_limits.measure())
    for name in chosen:
        print(f"\n{name}, after {time.monotonic() - begun:.0f} s", flush=True)
        _attempt(run, name, options.cores)
    run.seconds = time.monotonic() - begun
    _keep(run.lines)
    out = options.out or (None if options.names else RESULTS)
    if out:
        out.write_text(render(run), encoding="utf-8")
        print(f"\n{out}")
    for name, failure in run.failures.items():
        print(f"{name}: {failure}", file=sys.stderr)
    return 0 if run.sound() else 1


def _attempt(run: Run, name: str, cores: int) -> None:
    """One claim; what it raises is kept, so that the others go on."""
    try:
        if name == "near_duplicates":
            run.quality = near_duplicates.main(cores)
        elif name == "stages":
            run.stages = stages.main(cores)
        elif name == "scale":
            run.scale = deduplicate_at_scale.main(cores)
        else:
            claim = CLAIMS[name]
            run.rooflines[name] = roofline(claim.__doc__)
            measure: Callable[[int], list[Comparison]] = claim.main
            run.lines += measure(cores)
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        run.failures[name] = str(error)


def roofline(docstring: str) -> str:
    """The paragraph of a claim's docstring that begins with `Roofline: `, in one line."""
    paragraphs = docstring.split("\n\n")
    found = next(text for text in paragraphs if text.startswith("Roofline: "))
    return " ".join(found.removeprefix("Roofline: ").split())


def _keep(lines: list[Comparison]) -> None:
    """Every measurement of every round, for whoever wants to look closer."""
    BUILD.mkdir(parents=True, exist_ok=True)
    content = [line.to_json() for line in lines]
    (BUILD / "results.json").write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    sys.exit(main())
