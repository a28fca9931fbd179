"""RESULTS.md out of what one run measured."""

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from benchmarks.comparison import DIFFERENT, FAILED, Comparison
from benchmarks.corpus import Sample, load
from benchmarks.deduplicate_at_scale import HEADER as HEADER_OF_SCALE
from benchmarks.near_duplicates import HEADER, Quality
from benchmarks.stages import HEADER as HEADER_OF_STAGES

TARGETS = {
    "whole build, its stages alone": 40.0,
    "reading files, folder": 300.0,
    "reading jsonl.zst, pile": 300.0,
    "reading parquet, codeparrot": 500.0,
    "reading jsonl.gz, codeparrot": 150.0,
    "reading tar.gz, folder": 150.0,
    "reading crawl, github": 150.0,
    "reading zip, folder": 150.0,
    "statistics and file rules": 500.0,
    "MinHash signatures": 120.0,
    "tokenizing": 120.0,
    "packing and writing": 400.0,
}
"""Megabytes a second and core that are aimed at."""

OURS = ("numba", "numpy", "pyarrow", "isal", "apache-beam")


@dataclass
class Run:
    """What one run found.

    Attributes:
        lines: comparisons.
        ceilings: of `hardware_limits.measure`.
        quality: what was judged, and the table of near duplicates.
        stages: a sentence and a table.
        scale: the same of deduplicating made-up sketches.
        rooflines: of each claim, from its docstring.
        failures: claims that raised, with the message.
        seconds: of the whole run.
    """

    lines: list[Comparison] = field(default_factory=list)
    ceilings: dict[str, float] = field(default_factory=dict)
    quality: tuple[str, list[Quality]] | None = None
    stages: tuple[str, list[list[str]]] | None = None
    scale: tuple[str, list[list[str]]] | None = None
    rooflines: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def sound(self) -> bool:
        """Whether everything ran, and every answer was the same."""
        verdicts = [line.same for line in self.lines]
        return not self.failures and not any(FAILED in v or DIFFERENT in v for v in verdicts)


def render(run: Run) -> str:
    """The whole page."""
    sections = [_head(run), _input(run), _comparisons(run.lines), _targets(run)]
    if run.quality:
        sections.append(_quality(*run.quality))
    if run.stages:
        sections.append(_stages(*run.stages))
    if run.scale:
        sections.append(_scale(*run.scale))
    sections += [_ceilings(run), _failures(run)]
    return "\n\n".join(section for section in sections if section) + "\n"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown; the first column is text, the others may be numbers."""
    names = list(header)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(cell for cell in line) + " |" for line in lines)


def _head(run: Run) -> str:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in OURS)
    return f"""# Benchmarks

Written by `make benchmark` in {run.seconds / 60:.0f} minutes; not edited. Each line is measured \
by turns, ours, the peer, ours, the peer, in one run on one machine, on the same files, and the \
answers are compared. MB are 10^6 bytes of source text. *A core* is per second of processor time; \
the ratio is of these with one worker, of the clock's with more: the median of the rounds, with \
the least and the largest. One part again: `.venv/bin/python -m benchmarks NAME`.

Machine: {_processor()}, {os.cpu_count()} cores, {_memory():.0f} GB, {platform.system()} \
{platform.release()}; Python {platform.python_version()}; {versions}. The peers' environments are \
pinned in `benchmarks/peers/`."""


def _input(run: Run) -> str:
    languages: dict[str, int] = {}
    for file in load():
        languages[file.language] = languages.get(file.language, 0) + file.size
    shares = sorted(languages.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in shares if size > 100_000)
    samples = sorted({line.sample for line in run.lines}, key=lambda sample: sample.size)
    return f"""## Input

Files of this Python installation and of the source distributions in `benchmarks/corpus.txt`: \
{shown}. A slow peer gets the beginning of the same list, and so do we beside it. The list's \
digest is the SHA-256 of the lines `path, size, SHA-256 of the content`.

""" + table(
        ["sample", "files", "bytes", "digest of the list"],
        [
            [_sample(sample), f"{sample.files:,}", f"{sample.size:,}", f"`{sample.digest}`"]
            for sample in samples
        ],
    )


def _comparisons(lines: list[Comparison]) -> str:
    header = ["work", "peer", "sample", "workers", "ours, MB/s a core", "peer's"]
    header += ["ratio", "ours, MB/s", "peer's", "answers", "peak MB, ours", "peer's", "rounds"]
    rows = []
    for line in lines:
        if not line.rounds:
            continue
        middle, least, most = line.ratios()
        rows.append(
            [
                line.what,
                line.peer + (f"; {line.note}" if line.note else ""),
                _sample(line.sample),
                str(line.workers),
                *_core_rates(line),
                f"**{_rate(middle)}** ({_rate(least)} to {_rate(most)})",
                _rate(line.typical(0, "rate")),
                _rate(line.typical(1, "rate")),
                line.same,
                f"{line.typical(0, 'peak_memory') / 1e6:,.0f}",
                f"{line.typical(1, 'peak_memory') / 1e6:,.0f}",
                str(len(line.rounds)),
            ]
        )
    return "## Ours and the peers\n\n" + table(header, rows)


def _core_rates(line: Comparison) -> list[str]:
    """Ours and the peer's; of one worker only: not every peer's processes can all be counted."""
    if line.workers > 1:
        return ["", ""]
    return [_rate(line.typical(side, "core_rate")) for side in (0, 1)]


def _targets(run: Run) -> str:
    """Each target with the best-founded figure: one worker, the largest sample."""
    rows = []
    for what, target in TARGETS.items():
        lines = [line for line in run.lines if line.what == what and line.workers == 1]
        lines = [line for line in lines if line.rounds]
        if not lines:
            continue
        line = max(lines, key=lambda line: line.sample.size)
        rate = line.typical(0, "core_rate")
        ceiling = run.ceilings.get(line.ceiling)
        share = f"{rate / ceiling:.0%} of `{line.ceiling}`" if ceiling else ""
        verdict = "reached" if rate >= target else "**short**"
        rows.append([what, f"{target:.0f}", _rate(rate), verdict, share, _sample(line.sample)])
    header = ["work", "target, MB/s a core", "measured", "", "share of the ceiling", "sample"]
    return "## Targets\n\n" + table(header, rows)


def _quality(text: str, lines: list[Quality]) -> str:
    rows = [[str(line.threshold), line.method, *line.cells()] for line in lines]
    return f"""## Near duplicates

{text}; the truth is the exact Jaccard similarity of token 5-grams, of all pairs. A file is \
removed rightly if it is similar to a better file that stays.

""" + table(["threshold", "method", *HEADER], rows)


def _stages(text: str, rows: list[list[str]]) -> str:
    return f"## Where a whole build's time goes\n\n{text}\n\n" + table(HEADER_OF_STAGES, rows)


def _scale(text: str, rows: list[list[str]]) -> str:
    return f"## Deduplicating made-up sketches\n\n{text}\n\n" + table(HEADER_OF_SCALE, rows)


def _ceilings(run: Run) -> str:
    shown = table(
        ["ceiling", "MB/s"], [[name, f"{rate:,.0f}"] for name, rate in run.ceilings.items()]
    )
    texts = "\n\n".join(f"**{name}.** {text}" for name, text in run.rooflines.items())
    head = "## Rooflines\n\nWhat one core did in the same run (`benchmarks/hardware_limits.py`):"
    return f"{head}\n\n{shown}\n\n{texts}"


def _failures(run: Run) -> str:
    found = [f"- {name}: {text}" for name, text in run.failures.items()]
    found += [f"- {line.what}, {line.peer}: {line.same}" for line in run.lines if not line.rounds]
    return "## Not measured\n\n" + "\n".join(found) if found else ""


def _sample(sample: Sample) -> str:
    return f"{sample.size / 1e6:.0f} MB"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}" if rate >= 10 else f"{rate:.2f}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
        return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()
    return platform.processor() or platform.machine()


def _memory() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
