"""The cost of each task of a build, from the build's log."""

import json
from pathlib import Path
from typing import Any


def read_task_timings(out: Path) -> list[dict[str, Any]]:
    """One entry per task: stage, index, seconds, processor seconds, peak memory in bytes."""
    path = out / "log" / "timings.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
