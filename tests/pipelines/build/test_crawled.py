"""A build of crawled repositories skips opted-out ones, and `why` shows the origin of each file."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.inspection.why import print_explanation
from tests.pipelines.crawl.crawl_helpers import make_crawl
from tests.pipelines.crawl.fake_github import FakeRepository

CODE = b"def double(value):\n    return 2 * value\n\n" * 40
SOURCES = [{"type": "github", "paths": ["crawl"], "min_stars": 1, "unknown": "drop"}]


def repository(identity: int, name: str) -> FakeRepository:
    return FakeRepository(identity, name, stars=3, files={"x.py": CODE + name.encode() + b"()\n"})


def test_opted_out_repositories_are_not_read(build: Any, tmp_path: Path) -> None:
    names = ("a/stays", "b/gone", "Owner/gone")
    make_crawl(tmp_path / "crawl", [repository(*each) for each in enumerate(names, 1)])
    (tmp_path / "opt-out.txt").write_text("owner\nB/Gone\n")
    out = build(tmp_path, tmp_path / "out", changes={"sources": SOURCES, "opt_out": "opt-out.txt"})
    rows = pq.read_table(out / "ledger").to_pylist()
    assert {(row["repository"], row["path"], row["reason"]) for row in rows} == {
        ("a/stays", "x.py", None),
        ("b/gone", "x.py", "repository.opted_out"),
        ("Owner/gone", "x.py", "repository.opted_out"),
    }
    assert {row["size"] for row in rows if row["reason"]} == {None}


def test_why_shows_commit_date_and_license(
    build: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [repository(1, "a/x"), repository(2, "b/x")]
    found[1].license = None
    make_crawl(tmp_path / "crawl", found)
    out = build(tmp_path, tmp_path / "out", changes={"sources": SOURCES})
    print_explanation(out, "a/x/x.py")
    told = f"  repository  commit {found[0].commit}, fetched 2020-09-13, license MIT, 3 stars\n"
    assert told in capsys.readouterr().out
    print_explanation(out, "b/x/x.py")
    told = f"  repository  commit {found[1].commit}, fetched 2020-09-13, 3 stars\n"
    assert told in capsys.readouterr().out
    documents = pq.read_table(out / "documents").to_pylist()
    assert {row["repository"]: row["license"] for row in documents} == {"a/x": "MIT", "b/x": None}
