"""Claim: the whole build is 100 times as fast as the same job in datatrove, and 40 MB/s per core.

The job: Parquet files like CodeParrot's raw ones, file rules, MinHash signatures of 256
permutations and near duplicates, tokenizing with one tokenizer.json, ids on disk. Our side also
detects languages, verifies every pair of near duplicates, packs rows, writes a ledger, and computes
digests. In two more lines our side reads the same texts from single files, as in a folder of
repositories; they are compared with the same runs of the peer, which cannot read such folders.

Roofline: Each byte is read once, measured once, hashed once for its content id, shingled and
tokenized if the file is kept, and its ids are written. The harmonic sum of the targets of the parts
(reading 300 MB/s, rules 500, SHA-1, signatures 120, tokenizing 120 on the kept share, writing 400)
is about 40 MB/s. Memory bandwidth, several GB/s, is not a limit; the number of
instructions is.

Each has two lines: the whole command, including the start of the interpreter, which is what a user
waits for; and the stages alone, which is what a large input costs.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import corpus, process_tree
from benchmarks.comparison import Comparison, Measurement, run_alternately
from benchmarks.corpus import Sample
from benchmarks.harness import read_split
from benchmarks.implementations.file_rules import (
    MAX_BYTES,
    MAX_LINE,
    MAX_MEAN_LINE,
    MIN_BYTES,
    MIN_LETTERS,
)
from benchmarks.paths import CORPUS, WORK
from benchmarks.peers import Peer
from codecorpus.pipelines.recipe.model import Recipe

TASKS = 8
FOLDER = WORK / "whole"
RECIPE = f"""\
name: benchmark
filters:
  file_size: {{min: {MIN_BYTES}, max: {MAX_BYTES}}}
  mean_line_length: {{max: {MAX_MEAN_LINE}}}
  longest_line: {{max: {MAX_LINE}}}
  alphabet_ratio: {{min: {MIN_LETTERS}}}
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
"""Rows of a row group: about 6 MB of text."""


def main(cores: int) -> list[Comparison]:
    """Compare with one worker, and with one per core; kernels are compiled first."""
    peer = Peer("datatrove")
    small = corpus.sample(1_000_000)
    write_inputs(small)
    for source in SOURCES:
        _ours(small, 1, source)
    sample = corpus.sample(corpus.CORPUS_BYTES)  # takes datatrove some minutes
    write_inputs(sample)
    return [line for workers in sorted({1, cores}) for line in _compare(peer, sample, workers)]


def write_inputs(sample: Sample) -> None:
    """Write the sample as a folder of repositories, and as one Parquet file per task.

    Our side has as many parts as datatrove has tasks, or parts of the default size.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    (FOLDER / "parquet").mkdir(parents=True)
    part = min(sample.size // TASKS, Recipe.model_fields["part_bytes"].default)
    for name, source in SOURCES.items():
        recipe = f"{RECIPE}sources: [{source}]\npart_bytes: {part}\n"
        (FOLDER / f"{name}.yaml").write_text(recipe)
    files = read_split(CORPUS, sample.files, 0, 1)
    for name, content in files:
        path = FOLDER / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    for task in range(TASKS):
        own = files[task::TASKS]
        names = [name.partition("/") for name, _ in own]
        table = pa.table(
            {
                "id": [name for name, _ in own],  # datatrove's
                "repo_name": [repository for repository, _, _ in names],
                "path": [path for _, _, path in names],
                "content": [text.decode() for _, text in own],
                "size": [len(text) for _, text in own],
            }
        )
        pq.write_table(table, FOLDER / "parquet" / f"{task:05d}.parquet", row_group_size=ROWS)


def build(source: str, name: str, workers: int) -> tuple[process_tree.ProcessUsage, Path]:
    """Build one of SOURCES; returns the cost of the command, and its output folder."""
    out = FOLDER / name
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "codecorpus", "build", str(FOLDER / f"{source}.yaml")]
    options = [f"--out={out}", f"--workers={workers}"]
    return process_tree.run_command([*command, *options], timeout=600), out


def _compare(peer: Peer, sample: Sample, workers: int) -> list[Comparison]:
    rounds = run_alternately(
        lambda: [*_ours(sample, workers, "parquet"), *_ours(sample, workers, "files")],
        lambda: [*_datatrove(peer, sample, workers)] * 2,
        rounds=3,
        budget=130,
    )
    lines = []
    for number, (work, note) in enumerate(LINES):
        measured = [(ours[number], theirs[number]) for ours, theirs in rounds]
        verdict = _agreement(measured[-1][0].checks[0], measured[-1][1].checks[0])
        sides = ("codecorpus", peer.title)
        lines.append(Comparison(work, *sides, sample, workers, measured, verdict, note))
        print(lines[-1].line(), flush=True)
    return lines


_EACH = "ours opens each file, datatrove reads the Parquet"
LINES = (
    ("whole build, the command", ""),
    ("whole build, its stages alone", ""),
    ("whole build from files, the command", _EACH),
    ("whole build from files, its stages alone", _EACH),
)

Both = tuple[Measurement, Measurement]
"""Measurements of the command, and of the stages alone."""


def _ours(sample: Sample, workers: int, source: str) -> Both:
    usage, out = build(source, "ours", workers)
    timings = process_tree.read_task_timings(out)
    seconds = sum(line["seconds"] for line in timings) / workers
    processor = sum(line["processor_seconds"] for line in timings)
    return _both(sample, usage, seconds, processor, _our_answer(out))


def _datatrove(peer: Peer, sample: Sample, workers: int) -> Both:
    out = FOLDER / "datatrove"
    shutil.rmtree(out, ignore_errors=True)
    script = [str(peer.python), "-m", "benchmarks.implementations.datatrove_build"]
    arguments = [str(FOLDER / "parquet"), str(out), str(peer.tokenizer()), str(workers)]
    usage = process_tree.run_command([*script, *arguments], timeout=900)
    summary = json.loads((out / "summary.json").read_text())
    return _both(
        sample, usage, summary["seconds"], summary["processor_seconds"], _their_answer(out)
    )


def _both(
    sample: Sample,
    usage: process_tree.ProcessUsage,
    seconds: float,
    processor: float,
    answer: dict[str, Any],
) -> Both:
    whole = Measurement(
        sample.size, usage.seconds, usage.processor_seconds, usage.peak_memory, [answer]
    )
    return whole, Measurement(sample.size, seconds, processor, usage.peak_memory, [answer])


def _our_answer(out: Path) -> dict[str, Any]:
    """The files that pass the rules, and the number of ids of each encoded file."""
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
    """The same from datatrove's output: kept files, removed rows, and the ends of token lists."""
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
        left = [name for row, name in enumerate(names) if row not in gone]
        tokens |= dict(zip(left, lengths.tolist(), strict=True))
    return {"passed": passed, "tokens": tokens}


def _agreement(ours: dict[str, Any], theirs: dict[str, Any]) -> str:
    """Compares the files after the rules, and the numbers of ids of files that both sides keep.

    Files of unknown language, which only our side drops, are ignored.
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
