"""Our side of each benchmark does its work: what it lacks would show in a long run only."""

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.worker import Job
from benchmarks.workers import file_rules, signatures

FILES = [("r/a.py", b"import json\n\n\ndef load(path):\n    return json.load(open(path))\n" * 20)]


@pytest.mark.parametrize("make", [file_rules.codecorpus, signatures.codecorpus])
def test_our_side_of_a_benchmark_runs(make: Callable[[dict[str, Any]], Job]) -> None:
    job = make({})
    assert job.check(job.run(job.fresh(), job.load(FILES)))
