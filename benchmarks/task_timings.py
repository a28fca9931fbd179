"""What each task of a build took, as the build's log has it."""

import json
from pathlib import Path
from typing import Any


def read_timings(out: Path) -> list[dict[str, Any]]:
    """One entry a task: stage, index, seconds, processor seconds, peak memory in bytes."""
    path = out / "log" / "timings.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []
