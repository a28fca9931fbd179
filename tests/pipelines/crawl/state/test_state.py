"""The state's file: held by one crawl, opened by later versions, damaged ones refused."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from codecorpus.foundation.errors import StorageError, UsageError
from codecorpus.pipelines.crawl.repository import Facts
from codecorpus.pipelines.crawl.state import State

BEFORE = """
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


def facts(identity: int, name: str) -> Facts:
    return Facts(
        identity, name, "main", "Python", 1, 1, "MIT", 1, False, False, False, False, False
    )


def test_a_file_of_before_is_opened_and_what_failed_there_is_due(tmp_path: Path) -> None:
    path = tmp_path / "crawl.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.executescript(BEFORE)
    for _ in range(2):
        with closing(State(path)) as state:
            assert state.repositories.pending(0, 1.0, 10) == [7]
            assert state.names.open(1.0) == ["o/s"]
            assert state.waiting() == (2, 0)


def test_two_crawls_of_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "crawl.sqlite"
    with closing(State(path)), pytest.raises(UsageError, match="another crawl is at work"):
        State(path)


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / "crawl.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="no state of a crawl"):
        State(tmp_path / "crawl.sqlite")


def test_pending_repositories_come_in_order_and_from_a_place_on(tmp_path: Path) -> None:
    with closing(State(tmp_path / "crawl.sqlite")) as state:
        for identity in (5, 1, 9, 3):
            state.repositories.update(facts(identity, f"o/r{identity}"), None)
        state.repositories.update(facts(4, "o/fork"), "fork")
        state.repositories.fail(1, "stalled", 1_000.0)
        assert state.repositories.pending(0, 1_059.0, 2) == [3, 5]
        assert state.repositories.pending(5, 1_059.0, 2) == [9]
        assert state.repositories.pending(0, 1_060.0, 2) == [1, 3]
        assert state.repositories.number_pending(1_059.0) == 3
        assert state.waiting() == (1, 1_060)


def test_who_had_a_name_before_has_it_no_more(tmp_path: Path) -> None:
    with closing(State(tmp_path / "crawl.sqlite")) as state:
        state.repositories.update(facts(1, "o/name"), None)
        state.repositories.update(facts(2, "O/Name"), None)
        assert state.repositories.pending(0, 0.0, 9) == [2]
        assert state.repositories.get(1)["reason"] == "renamed_away"
