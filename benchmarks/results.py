"""Renders RESULTS.md from the measurements of one run."""

import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from benchmarks.comparison import DIFFERENT, FAILED, Comparison
from benchmarks.corpus import Sample, load

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
"""Targets in megabytes per second and core."""

PACKAGES = ("numba", "numpy", "pyarrow", "isal", "apache-beam")


@dataclass(frozen=True)
class Section:
    """A section of the page: a text, a table, and a text about the table."""

    title: str
    text: str
    header: list[str]
    rows: list[list[str]]
    notes: str = ""

    def markdown(self) -> str:
        """The section in Markdown."""
        parts = [f"## {self.title}", self.text, table(self.header, self.rows), self.notes]
        return "\n\n".join(filter(None, parts))


@dataclass
class BenchmarkRun:
    """The results of one run.

    Attributes:
        lines: the comparisons.
        limits: from `hardware_limits.measure`.
        sections: the results that are not comparisons, in the order of the page.
        rooflines: by claim, from its docstring.
        failures: error messages of failed benchmarks, by name.
        seconds: duration of the whole run.
    """

    lines: list[Comparison] = field(default_factory=list)
    limits: dict[str, float] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    rooflines: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def sound(self) -> bool:
        """Whether every benchmark ran, and the answers of both sides agree."""
        verdicts = [line.agreement for line in self.lines]
        return not self.failures and not any(FAILED in v or DIFFERENT in v for v in verdicts)


def render(run: BenchmarkRun) -> str:
    """The page in Markdown."""
    sections = [_input(run), _comparisons(run.lines), _targets(run), *run.sections, _limits(run)]
    texts = [_head(run), *(section.markdown() for section in sections), _failures(run)]
    return "\n\n".join(filter(None, texts)) + "\n"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    names = list(header)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join("| " + " | ".join(cell for cell in line) + " |" for line in lines)


def _head(run: BenchmarkRun) -> str:
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"""# Benchmarks

Written by `make benchmark` in {run.seconds / 60:.0f} minutes; not edited. In each line our side \
and the peer run alternately, in one run on one machine, on the same files, and their answers are \
compared. MB are 10^6 bytes of source text. *MB/s per core* is per second of processor time. The \
ratio is of these rates with one worker, and of wall-time rates with more: the median of the \
rounds, with the minimum and the maximum. To repeat one part: `.venv/bin/python -m benchmarks NAME`.

Machine: {_processor()}, {os.cpu_count()} cores, {_memory():.0f} GB, {platform.system()} \
{platform.release()}; Python {platform.python_version()}; {versions}. The peers' environments are \
pinned in `benchmarks/peers/`."""


def _input(run: BenchmarkRun) -> Section:
    languages: dict[str, int] = {}
    for file in load():
        languages[file.language] = languages.get(file.language, 0) + file.size
    shares = sorted(languages.items(), key=lambda item: -item[1])
    shown = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in shares if size > 100_000)
    samples = sorted({line.sample for line in run.lines}, key=lambda sample: sample.size)
    return Section(
        "Input",
        "Files of this Python installation and of the source distributions in "
        f"`benchmarks/corpus.txt`: {shown}. A slow peer gets a prefix of the list, and our side "
        "gets the same prefix. A list's digest is the SHA-256 of the lines `path, size, SHA-256 of "
        "the content`.",
        ["sample", "files", "bytes", "digest of the list"],
        [
            [_sample(sample), f"{sample.files:,}", f"{sample.size:,}", f"`{sample.digest}`"]
            for sample in samples
        ],
    )


def _comparisons(lines: list[Comparison]) -> Section:
    header = ["work", "peer", "sample", "workers", "ours, MB/s per core", "peer's"]
    header += ["ratio", "ours, MB/s", "peer's", "answers", "peak MB, ours", "peer's", "rounds"]
    rows = []
    for line in lines:
        if not line.rounds:
            continue
        middle, low, high = line.ratios()
        rows.append(
            [
                line.work,
                line.peer + (f"; {line.note}" if line.note else ""),
                _sample(line.sample),
                str(line.workers),
                *_core_rates(line),
                f"**{_rate(middle)}** ({_rate(low)} to {_rate(high)})",
                _rate(line.median_of(0, "rate")),
                _rate(line.median_of(1, "rate")),
                line.agreement,
                f"{line.median_of(0, 'peak_memory') / 1e6:,.0f}",
                f"{line.median_of(1, 'peak_memory') / 1e6:,.0f}",
                str(len(line.rounds)),
            ]
        )
    return Section("Ours and the peers", "", header, rows)


def _core_rates(line: Comparison) -> list[str]:
    """Ours and the peer's with one worker; with more, some peers' processes are not counted."""
    if line.workers > 1:
        return ["", ""]
    return [_rate(line.median_of(side, "core_rate")) for side in (0, 1)]


def _targets(run: BenchmarkRun) -> Section:
    """Each target beside the measurement with one worker on the largest sample."""
    rows = []
    for work, target in TARGETS.items():
        lines = [line for line in run.lines if line.work == work and line.workers == 1]
        lines = [line for line in lines if line.rounds]
        if not lines:
            continue
        line = max(lines, key=lambda line: line.sample.size)
        rate = line.median_of(0, "core_rate")
        limit = run.limits.get(line.limit)
        share = f"{rate / limit:.0%} of `{line.limit}`" if limit else ""
        verdict = "reached" if rate >= target else "**short**"
        rows.append([work, f"{target:.0f}", _rate(rate), verdict, share, _sample(line.sample)])
    header = ["work", "target, MB/s per core", "measured", "", "share of the limit", "sample"]
    return Section("Targets", "", header, rows)


def _limits(run: BenchmarkRun) -> Section:
    return Section(
        "Rooflines",
        "The limits of one core in the same run (`benchmarks/hardware_limits.py`):",
        ["limit", "MB/s"],
        [[name, f"{rate:,.0f}"] for name, rate in run.limits.items()],
        "\n\n".join(f"**{name}.** {text}" for name, text in run.rooflines.items()),
    )


def _failures(run: BenchmarkRun) -> str:
    found = [f"- {name}: {text}" for name, text in run.failures.items()]
    found += [
        f"- {line.work}, {line.peer}: {line.agreement}" for line in run.lines if not line.rounds
    ]
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
