"""Our side of each benchmark works, which otherwise only a long run would show."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness import Implementation
from benchmarks.implementations import file_rules, reading, signatures

FILES = [
    ("r/a.py", b"import json\n\n\ndef load(path):\n    return json.load(open(path))\n" * 20),
    ("s/b/c.py", b"print(1)\n" * 40),
]


@pytest.mark.parametrize("make", [file_rules.codecorpus, signatures.codecorpus])
def test_our_side_of_a_benchmark_runs(make: Callable[[dict[str, Any]], Implementation]) -> None:
    side = make({})
    assert side.check(side.run(side.new_state(), side.load(FILES)))


@pytest.mark.parametrize("form", reading.WRITERS)
def test_files_and_archives_have_the_written_contents(form: str, tmp_path: Path) -> None:
    options = {"form": form, "work": str(tmp_path)}
    ours, theirs = reading.codecorpus(options), reading.python(options)
    answers = [side.check(side.run(None, side.load(FILES))) for side in (ours, theirs)]
    assert answers[0] == answers[1]
    assert answers[0]["contents"].startswith("2 files")


@pytest.mark.parametrize("form", ["jsonl.zst", "jsonl.gz", "parquet"])
def test_datasets_have_the_written_contents(form: str, tmp_path: Path) -> None:
    options = {"form": form, "work": str(tmp_path)}
    side = reading.codecorpus(options)
    assert side.check(side.run(None, side.load(FILES)))["contents"].startswith("2 files")
