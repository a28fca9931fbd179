"""Claim: near duplicates are found with F1 of 0.97 at 0.85 and 0.95 at 0.7, over pairs and files.

The truth is exact: the Jaccard similarity of the sets of token 5-grams of all pairs, on 10,000 real
files and 3,000 edited copies. The files are numbered best first, and every method keeps the first:
so removed files can be compared. Truly removed is who is similar to a file that stays, taken best
first; methods whose pairs are verified remove by the same rule, those that take each bucket for one
cluster remove all but the first of what their pairs connect. Shingles are ours wherever a package
takes sets; gaoya, text-dedup and datatrove cut words their own way, as their users get them.

No roofline: this is a table of errors, not of speed.
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
from benchmarks.near_duplicate_files import Corpus, make_corpus
from benchmarks.peers import Peer
from benchmarks.places import CORPUS, ROOT, WORK
from benchmarks.running import ONE_THREAD
from benchmarks.worker import read_stripe
from codecorpus.filters.near_duplicates.survivors import SURVIVOR, choose_survivors

REAL, COPIES = 10_000, 3_000
SMALLEST, LARGEST = 512, 12_288
"""Bytes; larger files would only make the slowest peers slower."""
PEERS = ("datatrove", "text-dedup", "datasketch", "rensa", "gaoya")
PLACE = WORK / "near"
LIMIT = 900


@dataclass(frozen=True)
class Score:
    """How well a set was found."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True)
class Quality:
    """One line of the table."""

    threshold: float
    method: str
    pairs: Score
    removed: Score
    wrongly: int
    missed: int

    def cells(self) -> list[str]:
        """The columns after method and threshold."""
        scores = [f"{v:.3f}" for s in (self.pairs, self.removed) for v in (s.precision, s.recall)]
        return [
            *scores[:2],
            f"**{self.pairs.f1:.3f}**",
            *scores[2:],
            f"**{self.removed.f1:.3f}**",
            f"{self.wrongly:,}",
            f"{self.missed:,}",
        ]


HEADER = [
    "pairs: precision",
    "recall",
    "F1",
    "removed files: precision",
    "recall",
    "F1",
    "removed wrongly",
    "left wrongly",
]


def main(cores: int) -> tuple[str, list[Quality]]:
    """What was judged, in words, and the table."""
    truth = build_corpus()
    jobs = [*((name, Peer(name)) for name in PEERS), ("codecorpus", None)]
    answers: list[dict[str, Any]] = []
    with ThreadPoolExecutor(cores) as pool:
        for found in pool.map(lambda job: _answers(*job), jobs):
            answers += found
    table = [judge(truth, answer) for answer in answers]
    table.sort(key=lambda line: (-line.threshold, -line.removed.f1))
    for line in table:
        print(f"{line.threshold} {line.method}: F1 {line.pairs.f1:.3f} {line.removed.f1:.3f}")
    size = int(truth.column.sizes.sum())
    counts = ", ".join(f"{len(truth.truth(t)):,} pairs of {t} and more" for t in (0.85, 0.7))
    return f"{len(truth):,} files, {size / 1e6:.1f} MB, {counts}", table


def build_corpus() -> Corpus:
    """Real files and edited copies, written as the workers read them."""
    files = read_stripe(CORPUS, len(corpus.load()), 0, 1)
    fitting = (content for _, content in files if SMALLEST <= len(content) <= LARGEST)
    made = make_corpus(list(dict.fromkeys(fitting))[:REAL], COPIES, 2)
    PLACE.mkdir(parents=True, exist_ok=True)
    column, at, entries = made.column, 0, []
    with (PLACE / "blob.bin").open("wb") as blob:
        for start, end in zip(column.starts.tolist(), column.ends.tolist(), strict=True):
            blob.write(column.data[start:end].tobytes())
            entries.append({"repository": "", "path": "", "offset": at, "size": end - start})
            at += end - start
    (PLACE / "files.json").write_text(json.dumps(entries))
    return made


def _answers(name: str, peer: Peer | None) -> list[dict[str, Any]]:
    python = peer.python if peer else Path(sys.executable)
    out = PLACE / f"{name}.json"
    done = subprocess.run(
        [str(python), "-m", "benchmarks.workers.near_duplicates", name, str(PLACE), str(out)],
        cwd=ROOT,
        env=os.environ | ONE_THREAD,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-1500:]}")
    return [
        {**answer, "version": peer.title if peer else ""} for answer in json.loads(out.read_text())
    ]


def judge(truth: Corpus, answer: dict[str, Any]) -> Quality:
    """Compare an answer with the truth."""
    pairs = np.array(answer["pairs"], np.uint64).reshape(-1, 2)
    found = pairs[:, 0] << np.uint64(32) | pairs[:, 1]
    true = truth.truth(answer["threshold"])
    remove = closed if answer["closed"] else best_first
    gone, truly = remove(len(truth), found), best_first(len(truth), true)
    return Quality(
        threshold=answer["threshold"],
        method=answer["method"] + (f" ({answer['version']})" if answer.get("version") else ""),
        pairs=score(found, true),
        removed=score(gone, truly),
        wrongly=len(np.setdiff1d(gone, truly)),
        missed=len(np.setdiff1d(truly, gone)),
    )


def score(found: NDArray[Any], true: NDArray[Any]) -> Score:
    """Precision and recall; of nothing found or nothing true, 1."""
    shared = len(np.intersect1d(found, true))
    return Score(
        precision=shared / len(found) if len(found) else 1.0,
        recall=shared / len(true) if len(true) else 1.0,
    )


def best_first(count: int, packed: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Who goes if files are taken in order and one goes that is similar to one that stays."""
    better = (packed >> np.uint64(32)).astype(np.int64)
    worse = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    return np.flatnonzero(choose_survivors(count, better, worse, better).duplicate_of != SURVIVOR)


def closed(count: int, packed: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Who goes if all but the first of each connected component do."""
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
