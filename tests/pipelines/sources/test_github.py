"""The source `github` reads what a crawl has fetched."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.github import GithubSource
from tests.pipelines.crawl.crawl_helpers import make_crawl
from tests.pipelines.crawl.fake_github import FakeRepository

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"


def crawl_of(folder: Path, files: dict[str, dict[str, bytes]]) -> Path:
    numbered = enumerate(files.items(), 3)
    return make_crawl(
        folder, [FakeRepository(n, name, stars=n, files=f) for n, (name, f) in numbered]
    )


def read(source: GithubSource) -> list[dict[str, Any]]:
    return [
        row
        for part in source.plan(1 << 20)
        for batch in source.read(part, lambda b: np.ones(b.num_rows, np.bool_), Limits())
        for row in batch.to_pylist()
    ]


def test_paths_are_relative_to_the_top_folder_of_the_archive(tmp_path: Path) -> None:
    files = {"a/b.py": b"x = 1\n", "large.py": POINTER, "c.py": b""}
    rows = read(GithubSource([crawl_of(tmp_path, {"o/r": files, "p/s": {"d.py": b"1"}})]))
    assert [(row["repository"], row["path"], row["content"]) for row in rows] == [
        ("o/r", "a/b.py", b"x = 1\n"),
        ("o/r", "large.py", None),
        ("o/r", "c.py", b""),
        ("p/s", "d.py", b"1"),
    ]
    assert {(row["stars"], row["license"], row["repository_bytes"]) for row in rows} == {
        (3, "MIT", 6 + len(POINTER)),
        (4, "MIT", 1),
    }
    assert (rows[1]["error"], "LFS" in rows[1]["detail"]) == ("unreadable.io", True)


def test_members_with_parent_paths_keep_their_reason_and_path(tmp_path: Path) -> None:
    (row,) = read(GithubSource([crawl_of(tmp_path, {"o/r": {"../../../etc/x.py": b"1"}})]))
    assert row["error"] == "unreadable.archive"
    assert ".." in row["path"]


def test_absolute_paths_submodules_and_names_that_are_not_utf8(tmp_path: Path) -> None:
    files = {
        "/etc/x.py": b"1",
        "vendor/library/": b"",
        ".gitmodules": b'[submodule "vendor/library"]\n',
        "caf\udce9.py": b"2",
    }
    rows = read(GithubSource([crawl_of(tmp_path, {"o/r": files})]))
    assert [(row["path"], row["content"]) for row in rows] == [
        ("/etc/x.py", b"1"),
        (".gitmodules", files[".gitmodules"]),
        ("caf\\xe9.py", b"2"),
    ]


def test_the_plan_contains_commit_and_day(tmp_path: Path) -> None:
    (part,) = GithubSource([crawl_of(tmp_path, {"o/r": {"a.py": b"1"}})]).plan(1 << 20)
    commit = FakeRepository(3, "o/r", files={"a.py": b"1"}).commit
    assert (part["commit"].to_pylist(), part["fetched"].to_pylist()) == ([commit], ["2020-09-13"])


def test_a_damaged_archive_is_one_row(tmp_path: Path) -> None:
    folder = crawl_of(tmp_path, {"o/r": {"a.py": b"1"}, "o/s": {"b.py": b"2"}})
    path = next((folder / "repositories/o").glob("r@*"))
    path.write_bytes(b"<html></html>")
    rows = read(GithubSource([folder]))
    assert [row["error"] for row in rows] == ["unreadable.archive", None]


def test_a_folder_that_is_not_a_complete_crawl_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="codecorpus crawl"):
        read(GithubSource([tmp_path]))
    folder = crawl_of(tmp_path, {"o/r": {"a.py": b"1"}})
    with pytest.raises(UsageError, match="o/r is listed twice"):
        read(GithubSource([folder, folder]))
    next((folder / "repositories/o").glob("r@*")).unlink()
    with pytest.raises(UsageError, match="run the crawl again"):
        read(GithubSource([folder]))
    (folder / "repositories.jsonl").write_text('{"repository": "o/r"}\n')
    with pytest.raises(UsageError, match=r"repositories\.jsonl:1"):
        read(GithubSource([folder]))
