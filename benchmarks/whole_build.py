"""Claim: the whole build is 100 times as fast as datatrove's same job, and 40 MB/s a core.

The job: Parquet files as CodeParrot's raw ones, file rules, MinHash signatures of 256 permutations
and near duplicates, tokenizing with one tokenizer.json, ids on disk. Ours recognises languages,
compares every pair that it takes for duplicates, packs rows, keeps a ledger, and takes digests
besides. Two lines more have ours read the same texts out of single files, as a folder of
repositories is, beside the same runs of the peer, which reads no such folders.

Roofline: each byte is read once, measured once, hashed once for its content id, shingled and
tokenized if it stays, and its ids are written. With the parts' own limits that is the harmonic sum
of reading 300, rules 500, SHA-1, signatures 120, tokenizing 120 on the share that stays, writing
400 MB/s: about 40 MB/s. Memory bandwidth, some GB/s, is far away; instructions bound it.

Of each there are two lines: the whole command, start of the interpreter included, which is what a
user waits for; and the stages alone, which is what a large input costs.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import corpus, process_tree
from benchmarks.comparison import Comparison, Measurement, alternate
from benchmarks.corpus import Sample
from benchmarks.harness import read_stripe
from benchmarks.implementations.file_rules import (
    LEAST_BYTES,
    LEAST_LETTERS,
    LONGEST,
    MOST_BYTES,
    MOST_MEAN,
)
from benchmarks.paths import CORPUS, WORK
from benchmarks.peers import Peer
from benchmarks.task_timings import read_timings
from codecorpus.pipelines.recipe.model import Recipe

TASKS = 8
PLACE = WORK / "whole"
RECIPE = f"""\
name: benchmark
filters:
  file_size: {{min: {LEAST_BYTES}, max: {MOST_BYTES}}}
  mean_line_length: {{max: {MOST_MEAN}}}
  longest_line: {{max: {LONGEST}}}
  alphabet_ratio: {{min: {LEAST_LETTERS}}}
deduplicate:
  exact: true
  near: {{ngram: 5, permutations: 256, threshold: 0.85}}
encode: {{vocabulary: gpt2, sequence_length: 2048, packing: pad}}
"""
SOURCES = {
    "parquet": "{type: codeparrot, paths: [parquet]}",
    "files": "{type: folder, paths: [files], repositories: children}",
}
ROWS = 500
"""Of a row group: some 6 MB of text."""


def main(cores: int) -> list[Comparison]:
    """Compare with one worker and with all cores; kernels are compiled before."""
    peer = Peer("datatrove")
    small = corpus.sample(1_000_000)
    lay_out(small)
    for source in SOURCES:
        _ours(small, 1, source)
    sample = corpus.sample(corpus.TARGET)  # for which datatrove takes some minutes
    lay_out(sample)
    found: list[Comparison] = []
    for workers in sorted({1, cores}):
        found += _compare(peer, sample, workers)
    return found


def lay_out(sample: Sample) -> None:
    """The sample as a folder of repositories, and as Parquet in as many files as tasks.

    Our parts are as many as datatrove's tasks, or as large as a recipe's are by default.
    """
    shutil.rmtree(PLACE, ignore_errors=True)
    (PLACE / "parquet").mkdir(parents=True)
    part = min(sample.size // TASKS, Recipe.model_fields["part_bytes"].default)
    for name, source in SOURCES.items():
        recipe_of(name).write_text(f"{RECIPE}sources: [{source}]\npart_bytes: {part}\n")
    files = read_stripe(CORPUS, sample.files, 0, 1)
    for name, content in files:
        path = PLACE / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for task in range(TASKS):
        mine = files[task::TASKS]
        names = [name.partition("/") for name, _ in mine]
        table = pa.table(
            {
                "id": [name for name, _ in mine],  # datatrove's
                "repo_name": [repository for repository, _, _ in names],
                "path": [path for _, _, path in names],
                "content": [text.decode() for _, text in mine],
                "size": [len(text) for _, text in mine],
            }
        )
        pq.write_table(table, PLACE / "parquet" / f"{task:05d}.parquet", row_group_size=ROWS)


def recipe_of(source: str) -> Path:
    """The recipe that reads one of SOURCES."""
    return PLACE / f"{source}.yaml"


def _compare(peer: Peer, sample: Sample, workers: int) -> list[Comparison]:
    rounds = alternate(
        lambda: [*_ours(sample, workers, "parquet"), *_ours(sample, workers, "files")],
        lambda: [*_datatrove(peer, sample, workers)] * 2,
        rounds=3,
        budget=130,
    )
    lines = []
    for place, (what, note) in enumerate(LINES):
        measured = [(ours[place], theirs[place]) for ours, theirs in rounds]
        same = _same(measured[-1][0].checks[0], measured[-1][1].checks[0])
        line = Comparison(
            what, "codecorpus", peer.title, sample, workers, measured, same, note, "whole build"
        )
        print(line.line(), flush=True)
        lines.append(line)
    return lines


_EACH = "ours opens each file, datatrove reads the Parquet"
LINES = (
    ("whole build, the command", ""),
    ("whole build, its stages alone", ""),
    ("whole build from files, the command", _EACH),
    ("whole build from files, its stages alone", _EACH),
)

Both = tuple[Measurement, Measurement]
"""The command, and the stages alone."""


def _ours(sample: Sample, workers: int, source: str) -> Both:
    out = PLACE / "ours"
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "codecorpus", "build", str(recipe_of(source))]
    taken = process_tree.run([*command, f"--out={out}", f"--workers={workers}"], limit=300)
    timings = read_timings(out)
    seconds = sum(line["seconds"] for line in timings) / workers
    processor = sum(line["processor_seconds"] for line in timings)
    return _both(sample, taken, seconds, processor, _our_answer(out))


def _datatrove(peer: Peer, sample: Sample, workers: int) -> Both:
    out = PLACE / "datatrove"
    shutil.rmtree(out, ignore_errors=True)
    script = [str(peer.python), "-m", "benchmarks.implementations.datatrove_build"]
    places = [str(PLACE / "parquet"), str(out), str(peer.tokenizer()), str(workers)]
    taken = process_tree.run([*script, *places], limit=900)
    summary = json.loads((out / "summary.json").read_text())
    return _both(
        sample, taken, summary["seconds"], summary["processor_seconds"], _their_answer(out)
    )


def _both(
    sample: Sample,
    taken: process_tree.Outcome,
    seconds: float,
    processor: float,
    answer: dict[str, Any],
) -> Both:
    whole = Measurement(
        sample.size, taken.seconds, taken.processor_seconds, taken.peak_memory, [answer]
    )
    return whole, Measurement(sample.size, seconds, processor, taken.peak_memory, [answer])


def _our_answer(out: Path) -> dict[str, Any]:
    """Which files pass the rules, and the ids of each file that is encoded."""
    table = pq.read_table(out / "ledger", columns=["repository", "path", "reason", "tokens"])
    passed, unknown, tokens = [], [], {}
    for row in table.to_pylist():
        name = f"{row['repository']}/{row['path']}"
        if row["reason"] in {None, "exact_duplicate", "near_duplicate"}:
            passed.append(name)
        elif row["reason"].startswith("language."):
            unknown.append(name)
        if row["tokens"] is not None:
            tokens[name] = row["tokens"]
    return {"passed": passed, "unknown": unknown, "tokens": tokens}


def _their_answer(out: Path) -> dict[str, Any]:
    """The same of datatrove's files: ids in order, less those removed, with the ends of tokens."""
    import numpy as np

    passed: list[str] = []
    tokens: dict[str, int] = {}
    for task in range(TASKS):
        kept = out / "kept" / f"{task:05d}.jsonl"
        names = (
            [json.loads(line)["id"] for line in kept.read_bytes().splitlines()]
            if kept.exists()
            else []
        )
        passed += names
        removed = out / "removed" / f"{task:06d}.remove"
        gone = set(np.fromfile(removed, "<u4").tolist()) if removed.exists() else set()
        (index,) = (out / "tokens").glob(f"{task:05d}_*.index")
        lengths = np.diff(np.fromfile(index, "<u8").astype(np.int64), prepend=0) - 1
        left = [name for place, name in enumerate(names) if place not in gone]
        tokens |= dict(zip(left, lengths.tolist(), strict=True))
    return {"passed": passed, "tokens": tokens}


def _same(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Files after the rules, numbers of ids of the files that both keep, and who keeps how many.

    Files whose language we do not know are dropped by us alone, and left out.
    """
    one, other = set(ours["passed"]), set(theirs["passed"]) - set(ours["unknown"])
    common = ours["tokens"].keys() & theirs["tokens"].keys()
    unequal = sum(ours["tokens"][name] != theirs["tokens"][name] for name in common)
    rules = f"the same {len(one):,} files after the rules"
    if one != other:
        rules = f"DIFFERENT in {len(one ^ other)} files after the rules"
    ids = f"numbers of ids equal in all {len(common):,} files that both keep"
    if unequal:
        ids = f"DIFFERENT numbers of ids in {unequal} of {len(common):,} files"
    return f"{rules}; {ids}; kept {len(ours['tokens']):,} and {len(theirs['tokens']):,}"
