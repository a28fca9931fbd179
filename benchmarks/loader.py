"""Claim: the loader gives 500 M tokens/s a core, and four times those of the fastest peer.

    .venv/bin/python -m benchmarks.loader --corpus build/quickstart [--out TRAINING.md]

Batches of 16 rows as int64 tensors, with masks, in shuffled order, from one process without worker
processes; tokens are the 2,048 inputs of a row, per second of processor time of all threads. Ours
and each peer run in turn, and a ratio is that of neighbours. In the second table the files are
taken out of the page cache before each run, which reads an eighth of the rows.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.comparison import ONE_THREAD
from benchmarks.paths import HERE, ROOT, WORK
from benchmarks.peers import Peer
from benchmarks.training_step import render as render_step
from codecorpus.pipelines.corpus.rows import Corpus, open_corpus

PEERS = {
    "litdata": "litdata",
    "datasets": "datasets",
    "megatron": "megatron-core",
    "streaming": "mosaicml-streaming",
}
"""Package of each peer, by the name of its loader."""

ROUNDS = 3
SECONDS = 2.0
"""Of processor time, for one run."""
TIMEOUT = 600


@dataclass(frozen=True)
class Run:
    """One run of a loader."""

    rows: int
    wall: float
    processor: float
    read: int


class Benchmark:
    """The loaders, and their data."""

    def __init__(self, corpus: Corpus) -> None:
        """Export the rows, from which each peer makes its data at its first run."""
        self.corpus = corpus
        self.peer = Peer("loaders", beside_ours=True)
        self.work = WORK / "loader"
        self.rows = self.work / f"rows-{corpus.digest[:16]}.npy"
        self.work.mkdir(parents=True, exist_ok=True)
        if not self.rows.exists():
            # By a map of its own: pages that this process has mapped stay in the page cache.
            own = Corpus(corpus.folder, corpus.manifest)
            np.save(self.rows, own.ids(np.arange(corpus.rows)))

    def run(self, loader: str, **task: Any) -> Any:  # noqa: ANN401
        """Run a loader in a process of its own; returns what it prints.

        Raises:
            RuntimeError: it failed; the message has the end of its standard error.
        """
        data = self.work / f"{loader}-{self.corpus.digest[:16]}"
        data.mkdir(exist_ok=True)
        link = data / "corpus"
        if not link.is_symlink():
            link.symlink_to(self.corpus.folder.path("").resolve())
        path = self.work / "task.json"
        path.write_text(
            json.dumps({"loader": loader, "rows": str(self.rows), "data": str(data)} | task)
        )
        python = sys.executable if loader == "codecorpus" else str(self.peer.python)
        done = subprocess.run(
            [python, "-m", "benchmarks.implementations.loading", str(path)],
            cwd=ROOT,
            env=os.environ | ONE_THREAD,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{loader}: {done.stderr[-1500:]}")
        return json.loads(done.stdout)

    def measure(self, loader: str, *, cold: bool) -> Run:
        """Measure a loader once."""
        return Run(**self.run(loader, check=False, cold=cold, seconds=SECONDS))

    def check(self, loader: str) -> str:
        """Whether the loader gives the rows of the corpus, in words."""
        return str(self.run(loader, check=True)["check"])

    def title(self, loader: str) -> str:
        """A peer's name and version."""
        package = PEERS[loader]
        if package == "datasets":
            return f"datasets {metadata.version('datasets')}"
        return f"{package} {self.peer.version_of(package)}"

    def tokens(self, run: Run) -> float:
        """Million tokens per second of processor time."""
        return run.rows * self.corpus.sequence_length / run.processor / 1e6


def main() -> int:
    """Measure, print and write both tables; returns the exit status."""
    parser = argparse.ArgumentParser(description="Measure the loader against its peers.")
    parser.add_argument("--corpus", required=True, help="the output folder of a build")
    parser.add_argument("--out", type=Path, default=HERE / "TRAINING.md")
    options = parser.parse_args()
    benchmark = Benchmark(open_corpus(options.corpus))
    text = render(benchmark) + "\n" + render_step(Path(options.corpus))
    options.out.write_text(text, "utf-8")
    print(f"\n{text}\n{options.out}")
    return 1 if "DIFFERENT" in text else 0


def render(benchmark: Benchmark) -> str:
    """Run everything; the text of TRAINING.md."""
    corpus, warm, cold = benchmark.corpus, [], []
    verdicts = {loader: benchmark.check(loader) for loader in ["codecorpus", *PEERS]}
    for loader in PEERS:
        pairs = [
            (benchmark.measure("codecorpus", cold=False), benchmark.measure(loader, cold=False))
            for _ in range(ROUNDS)
        ]
        ours, peer = (median(benchmark.tokens(pair[side]) for pair in pairs) for side in (0, 1))
        ratios = sorted(benchmark.tokens(one) / benchmark.tokens(two) for one, two in pairs)
        warm.append(
            f"| {benchmark.title(loader)} | {ours:,.0f} | {peer:,.1f} | {median(ratios):,.1f} "
            f"({ratios[0]:,.1f} to {ratios[-1]:,.1f}) | {verdicts[loader]} |"
        )
        print(warm[-1], flush=True)
    for loader in ["codecorpus", *PEERS]:
        run = benchmark.measure(loader, cold=True)
        name = "codecorpus" if loader == "codecorpus" else benchmark.title(loader)
        cold.append(
            f"| {name} | {run.rows / run.wall:,.0f} | {run.rows:,} | {run.wall:,.2f} | "
            f"{run.read / 1e6:,.0f} |"
        )
        print(cold[-1], flush=True)
    load = os.getloadavg()[0]
    return "\n".join(
        [
            "# Training: the loader beside its peers, and a step",
            "",
            "Written by `make benchmark-training`; `benchmarks/loader.py` and "
            "`benchmarks/training_step.py` say what is measured.",
            "",
            f"{corpus.rows:,} rows of {corpus.sequence_length + 1:,} ids, corpus "
            f"{corpus.digest[:16]}; {platform.machine()}, {os.cpu_count()} cores, load {load:.1f} "
            f"at the end; Python {platform.python_version()}, torch {metadata.version('torch')}.",
            "",
            "Page cache warm, million tokens per second of processor time, median of "
            f"{ROUNDS} rounds:",
            "",
            "| peer | ours | peer's | ratio | rows |",
            "|---|---|---|---|---|",
            *warm,
            "",
            f"Our batches hold {verdicts['codecorpus']}. A peer's mask is false where a target has "
            "the id of padding, so it also leaves out every end of text; ours comes from lengths.",
            "",
            "Page cache cold, by wall time. Litdata and streaming shuffle within chunks, so they "
            "read in longer ranges; the others read single rows from the whole corpus.",
            "",
            "| loader | rows/s | rows | seconds | MB read |",
            "|---|---|---|---|---|",
            *cold,
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
