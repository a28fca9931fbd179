"""The state file: one crawl may open it, later versions can read it, damage is refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from codecorpus.foundation.errors import StorageError, UsageError
from codecorpus.pipelines.crawl.repository import RepositoryInfo
from codecorpus.pipelines.crawl.state import CrawlState

OLD_SCHEMA = """
CREATE TABLE repositories (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, branch TEXT NOT NULL,
    language TEXT, stars INTEGER NOT NULL, size INTEGER NOT NULL, license TEXT,
    created INTEGER NOT NULL, fork INTEGER NOT NULL, mirror INTEGER NOT NULL,
    archived INTEGER NOT NULL, disabled INTEGER NOT NULL, private INTEGER NOT NULL,
    state TEXT NOT NULL, reason TEXT, "commit" TEXT, fetched TEXT, archive TEXT,
    archive_bytes INTEGER, sha256 TEXT, unpacked_bytes INTEGER, files INTEGER,
    lfs_pointers INTEGER, submodules INTEGER
) STRICT;
CREATE TABLE names (
    name TEXT PRIMARY KEY COLLATE NOCASE, id INTEGER, state TEXT NOT NULL, reason TEXT
) STRICT;
INSERT INTO repositories (id, name, branch, stars, size, created, fork, mirror, archived, disabled,
    private, state, reason) VALUES (7, 'o/r', 'main', 1, 1, 1, 0, 0, 0, 0, 0, 'failed', 'stalled');
INSERT INTO names VALUES ('o/s', NULL, 'failed', 'stalled');
"""


def info(identity: int, name: str) -> RepositoryInfo:
    return RepositoryInfo(
        identity, name, "main", "Python", 1, 1, "MIT", 1, False, False, False, False, False
    )


def test_a_file_of_an_older_version_is_upgraded_and_its_failures_are_due(tmp_path: Path) -> None:
    path = tmp_path / "crawl.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(OLD_SCHEMA)
    for _ in range(2):
        with closing(CrawlState(path)) as state:
            assert state.repositories.pending(0, 1.0, 10) == [7]
            assert state.lookups.pending(1.0) == ["o/s"]
            assert state.failed() == (2, 0)


def test_a_second_crawl_of_a_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "crawl.sqlite"
    with closing(CrawlState(path)), pytest.raises(UsageError, match="another crawl is running"):
        CrawlState(path)


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crawl.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(StorageError, match="the state of a crawl"):
        CrawlState(tmp_path / "crawl.sqlite")


def test_pending_repositories_are_ordered_and_start_after_an_id(tmp_path: Path) -> None:
    with closing(CrawlState(tmp_path / "crawl.sqlite")) as state:
        for identity in (5, 1, 9, 3):
            state.repositories.update(info(identity, f"o/r{identity}"), None)
        state.repositories.update(info(4, "o/fork"), "fork")
        state.repositories.fail(1, "stalled", 1_000.0)
        assert state.repositories.pending(0, 1_059.0, 2) == [3, 5]
        assert state.repositories.pending(5, 1_059.0, 2) == [9]
        assert state.repositories.pending(0, 1_060.0, 2) == [1, 3]
        assert state.repositories.count_pending(1_059.0) == 3
        assert state.failed() == (1, 1_060)


def test_a_repository_whose_name_was_taken_over_is_skipped(tmp_path: Path) -> None:
    with closing(CrawlState(tmp_path / "crawl.sqlite")) as state:
        state.repositories.update(info(1, "o/name"), None)
        state.repositories.update(info(2, "O/Name"), None)
        assert state.repositories.pending(0, 0.0, 9) == [2]
        assert state.repositories.get(1)["reason"] == "renamed_away"
