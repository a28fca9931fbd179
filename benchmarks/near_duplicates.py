"""Claim: near duplicates are found with F1 of 0.97 at 0.85 and 0.95 at 0.7, over pairs and files.

The truth is exact: the Jaccard similarity of the sets of token 5-grams of all pairs, on 10,000 real
files and 3,000 edited copies. The files are numbered best first, and every method keeps the first
of several similar files, so the removed files can be compared. The truth about files is the greedy
rule: going from the best file to the worst, remove a file that is similar to a file already kept.
Methods that verify pairs remove by the same rule; methods that treat a bucket as a cluster remove
all but the first file of each connected component. Packages that accept sets get our shingles;
gaoya, text-dedup and datatrove split words in their own way, as for their users.

There is no roofline: the table has errors, not speeds.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import corpus
from benchmarks.comparison import ONE_THREAD
from benchmarks.harness import read_split
from benchmarks.near_duplicate_files import LabelledCorpus, make_corpus
from benchmarks.paths import CORPUS, ROOT, WORK
from benchmarks.peers import Peer
from benchmarks.results import Section
from codecorpus.filters.near_duplicates.survivors import SURVIVOR, choose_survivors

REAL, COPIES = 10_000, 3_000
MIN_BYTES, MAX_BYTES = 512, 12_288
"""File sizes in bytes; larger files would only make the slowest peers slower."""
PEERS = ("datatrove", "text-dedup", "datasketch", "rensa", "gaoya")
FOLDER = WORK / "near"
TIMEOUT = 900


@dataclass(frozen=True)
class Score:
    """Precision and recall of a found set."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class QualityRow:
    """One line of the table."""

    threshold: float
    method: str
    pairs: Score
    removed: Score
    wrongly_removed: int
    wrongly_kept: int

    def cells(self) -> list[str]:
        """The columns of HEADER."""
        cells = [str(self.threshold), self.method]
        for score in (self.pairs, self.removed):
            cells += [f"{score.precision:.3f}", f"{score.recall:.3f}", f"**{score.f1:.3f}**"]
        return [*cells, f"{self.wrongly_removed:,}", f"{self.wrongly_kept:,}"]


HEADER = ["threshold", "method", "pairs: precision", "recall", "F1"]
HEADER += ["removed files: precision", "recall", "F1", "removed wrongly", "left wrongly"]


def main(cores: int) -> Section:
    """Evaluate all methods."""
    truth = build_corpus()
    methods = [*((name, Peer(name)) for name in PEERS), ("codecorpus", None)]
    answers: list[dict[str, Any]] = []
    with ThreadPoolExecutor(cores) as pool:
        for found in pool.map(lambda method: _run_method(*method), methods):
            answers += found
    table = [evaluate(truth, answer) for answer in answers]
    table.sort(key=lambda line: (-line.threshold, -line.removed.f1))
    for line in table:
        print(f"{line.threshold} {line.method}: F1 {line.pairs.f1:.3f} {line.removed.f1:.3f}")
    size = int(truth.column.sizes.sum())
    counts = ", ".join(f"{len(truth.truth(t)):,} pairs of {t} and more" for t in (0.85, 0.7))
    text = (
        f"{len(truth):,} files, {size / 1e6:.1f} MB, {counts}; the truth is the exact Jaccard "
        "similarity of token 5-grams, of all pairs. A removal is correct if the file is similar to "
        "a better file that is kept."
    )
    return Section("Near duplicates", text, HEADER, [line.cells() for line in table])


def build_corpus() -> LabelledCorpus:
    """Write real files and edited copies for the implementations to read."""
    files = read_split(CORPUS, len(corpus.load()), 0, 1)
    fitting = (content for _, content in files if MIN_BYTES <= len(content) <= MAX_BYTES)
    made = make_corpus(list(dict.fromkeys(fitting))[:REAL], COPIES, 2)
    FOLDER.mkdir(parents=True, exist_ok=True)
    column, at, entries = made.column, 0, []
    with (FOLDER / "blob.bin").open("wb") as blob:
        for start, end in zip(column.starts.tolist(), column.ends.tolist(), strict=True):
            blob.write(column.data[start:end].tobytes())
            entries.append({"repository": "", "path": "", "offset": at, "size": end - start})
            at += end - start
    (FOLDER / "files.json").write_text(json.dumps(entries))
    return made


def _run_method(name: str, peer: Peer | None) -> list[dict[str, Any]]:
    python = peer.python if peer else Path(sys.executable)
    out = FOLDER / f"{name}.json"
    module = "benchmarks.implementations.near_duplicates"
    done = subprocess.run(
        [str(python), "-m", module, name, str(FOLDER), str(out)],
        cwd=ROOT,
        env=os.environ | ONE_THREAD,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-1500:]}")
    return [
        {**answer, "version": peer.title if peer else ""} for answer in json.loads(out.read_text())
    ]


def evaluate(truth: LabelledCorpus, answer: dict[str, Any]) -> QualityRow:
    """Compare an answer with the truth."""
    pairs = np.array(answer["pairs"], np.uint64).reshape(-1, 2)
    found = pairs[:, 0] << np.uint64(32) | pairs[:, 1]
    true = truth.truth(answer["threshold"])
    remove = component_removals if answer["transitive"] else greedy_removals
    removed, truly_removed = remove(len(truth), found), greedy_removals(len(truth), true)
    return QualityRow(
        threshold=answer["threshold"],
        method=answer["method"] + (f" ({answer['version']})" if answer.get("version") else ""),
        pairs=score(found, true),
        removed=score(removed, truly_removed),
        wrongly_removed=len(np.setdiff1d(removed, truly_removed)),
        wrongly_kept=len(np.setdiff1d(truly_removed, removed)),
    )


def score(found: NDArray[Any], true: NDArray[Any]) -> Score:
    """Precision and recall; precision is 1 if nothing is found, recall 1 if nothing is true."""
    shared = len(np.intersect1d(found, true))
    return Score(
        precision=shared / len(found) if len(found) else 1.0,
        recall=shared / len(true) if len(true) else 1.0,
    )


def greedy_removals(count: int, packed: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The files removed when, in order, each file similar to a kept file is removed."""
    better = (packed >> np.uint64(32)).astype(np.int64)
    worse = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return np.flatnonzero(choose_survivors(count, better, worse, better).duplicate_of != SURVIVOR)


def component_removals(count: int, packed: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The files removed when only the first of each connected component is kept."""
    root = np.arange(count)

    def find(file: int) -> int:
        while root[file] != file:
            root[file] = root[root[file]]
            file = int(root[file])
        return file

    for pair in packed.tolist():
        one, other = sorted((find(pair >> 32), find(pair & 0xFFFFFFFF)))
        root[other] = one
    return np.array([file for file in range(count) if find(file) != file], np.int64)
