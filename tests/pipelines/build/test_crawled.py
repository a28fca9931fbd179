"""A build of what was crawled, without those who opted out."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.pipelines.crawling.server import pack

CODE = b"def double(value):\n    return 2 * value\n\n" * 40


def test_who_opted_out_is_not_read(build: Any, tmp_path: Path) -> None:
    crawl = tmp_path / "crawl"
    lines = []
    for name in ("a/stays", "b/gone", "Owner/gone"):
        archive = crawl / "repositories" / f"{name}@000000000000.tar.gz"
        archive.parent.mkdir(parents=True)
        archive.write_bytes(pack({"x.py": CODE + name.encode() + b"()\n"}, "top", "a" * 40))
        line = {"repository": name, "stars": 3, "license": "MIT", "unpacked_bytes": len(CODE)}
        lines.append(json.dumps(line | {"archive": archive.relative_to(crawl).as_posix()}) + "\n")
    (crawl / "repositories.jsonl").write_text("".join(lines))
    (tmp_path / "opt-out.txt").write_text("owner\nB/Gone\n")
    sources = [{"type": "github", "paths": ["crawl"], "min_stars": 1, "unknown": "drop"}]
    out = build(tmp_path, tmp_path / "out", changes={"sources": sources, "opt_out": "opt-out.txt"})
    rows = pq.read_table(out / "ledger").to_pylist()
    assert {(row["repository"], row["path"], row["reason"]) for row in rows} == {
        ("a/stays", "x.py", None),
        ("b/gone", "x.py", "repository.opted_out"),
        ("Owner/gone", "x.py", "repository.opted_out"),
    }
    assert {row["size"] for row in rows if row["reason"]} == {None}
