"""Rules about repositories: stars, size, and unknown values."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Build = Callable[..., Path]
TEXT = "def add(first, second):\n    return first + second\n\n" * 40


@pytest.fixture
def starred(tmp_path: Path) -> Path:
    for name, copies in (("known", 1), ("poor", 2), ("unknown", 3), ("large", 40)):
        folder = tmp_path / "repositories" / name
        folder.mkdir(parents=True)
        for number in range(copies):
            (folder / f"{number}.py").write_text(TEXT + f"# {name} {number}\n")
    (tmp_path / "stars.csv").write_text(
        "repository,stars,license\nknown,5,mit\npoor,0,\nlarge,7,gpl-3.0\n"
    )
    return tmp_path


@pytest.mark.parametrize(("unknown", "reason"), [("keep", "kept"), ("drop", "repository.unknown")])
def test_reasons(starred: Path, build: Build, tmp_path: Path, unknown: str, reason: str) -> None:
    source = {
        "type": "folder",
        "paths": ["repositories"],
        "min_stars": 1,
        "max_repository_bytes": 40 * len(TEXT),
        "unknown": unknown,
        "metadata": "stars.csv",
    }
    changes: dict[str, Any] = {"sources": [source], "deduplicate": {"near": False}}
    out = build(starred, tmp_path / "out", changes=changes)
    rows = pa.concat_tables(pq.read_table(path) for path in (out / "ledger").iterdir()).to_pylist()
    counted = Counter((row["repository"], row["reason"] or "kept") for row in rows)
    assert counted == {
        ("known", "kept"): 1,
        ("poor", "repository.stars"): 2,
        ("unknown", reason): 3,
        ("large", "repository.size"): 40,
    }
    assert all(row["content_id"] is None for row in rows if row["repository"] == "large")
    kept = pa.concat_tables(pq.read_table(path) for path in (out / "documents").iterdir())
    assert {"stars": 5, "license": "mit"} in kept.select(["stars", "license"]).to_pylist()


def test_the_policy_decides_which_copy_stays(build: Build, tmp_path: Path) -> None:
    for name in ("aaa", "zzz"):
        folder = tmp_path / "repositories" / name
        folder.mkdir(parents=True)
        (folder / "same.py").write_text(TEXT)
    (tmp_path / "stars.jsonl").write_text('{"repository": "zzz", "stars": 9}\n')
    source = {"type": "folder", "paths": ["repositories"], "metadata": "stars.jsonl"}
    for prefer, expected in ((["stars"], "zzz"), (["size"], "aaa")):
        changes = {"sources": [source], "deduplicate": {"prefer": prefer}}
        out = build(tmp_path, tmp_path / expected, changes=changes)
        rows = pq.read_table(next((out / "ledger").iterdir())).to_pylist()
        assert [row["repository"] for row in rows if row["decision"] == "kept"] == [expected]
