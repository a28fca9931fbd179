"""Our side of each benchmark does its work: what it lacks would show in a long run only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness import Job
from benchmarks.implementations import file_rules, reading, reading_datasets, signatures

FILES = [
    ("r/a.py", b"import json\n\n\ndef load(path):\n    return json.load(open(path))\n" * 20),
    ("s/b/c.py", b"print(1)\n" * 40),
]


@pytest.mark.parametrize("make", [file_rules.codecorpus, signatures.codecorpus])
def test_our_side_of_a_benchmark_runs(make: Callable[[dict[str, Any]], Job]) -> None:
    job = make({})
    assert job.check(job.run(job.fresh(), job.load(FILES)))


@pytest.mark.parametrize("form", reading.WRITERS)
def test_files_and_archives_hold_what_was_laid_out(form: str, tmp_path: Path) -> None:
    options = {"form": form, "work": str(tmp_path)}
    ours, theirs = reading.codecorpus(options), reading.python(options)
    answers = [job.check(job.run(None, job.load(FILES))) for job in (ours, theirs)]
    assert answers[0] == answers[1]
    assert answers[0]["contents"].startswith("2 files")


@pytest.mark.parametrize("form", ["jsonl.zst", "jsonl.gz", "parquet"])
def test_sets_hold_what_was_laid_out(form: str, tmp_path: Path) -> None:
    options = {"form": form, "work": str(tmp_path)}
    job = reading_datasets.codecorpus(options)
    assert job.check(job.run(None, job.load(FILES)))["contents"].startswith("2 files")
