"""The SQLite file of the state: its schema, and transactions that threads share.

The file is locked exclusively, so a second crawl in the same folder is refused. Write-ahead logging
keeps the file consistent when the process is killed. A power cut may lose the last transactions;
their work is then repeated.
"""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from codecorpus.foundation.errors import StorageError, UsageError

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS repositories (
    id INTEGER PRIMARY KEY,         -- GitHub's; a rename does not change it
    name TEXT NOT NULL,             -- owner/name
    branch TEXT NOT NULL,           -- the default branch
    language TEXT, stars INTEGER NOT NULL, size INTEGER NOT NULL, license TEXT,
    created INTEGER NOT NULL,       -- seconds since 1970
    fork INTEGER NOT NULL, mirror INTEGER NOT NULL, archived INTEGER NOT NULL,
    disabled INTEGER NOT NULL, private INTEGER NOT NULL,
    state TEXT NOT NULL, reason TEXT,
    "commit" TEXT,                  -- of the archive
    fetched TEXT,                   -- date, UTC
    archive TEXT, archive_bytes INTEGER, sha256 TEXT,
    unpacked_bytes INTEGER, files INTEGER, lfs_pointers INTEGER, submodules INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS repositories_by_state ON repositories (state, id);
CREATE INDEX IF NOT EXISTS repositories_to_fetch ON repositories (id)
    WHERE state IN ('discovered', 'resolved', 'failed');
CREATE INDEX IF NOT EXISTS repositories_by_name ON repositories (lower(name));
CREATE TABLE IF NOT EXISTS names (
    name TEXT PRIMARY KEY COLLATE NOCASE, id INTEGER, state TEXT NOT NULL, reason TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS slices (
    number INTEGER PRIMARY KEY, language TEXT NOT NULL,
    created_from INTEGER NOT NULL, created_until INTEGER NOT NULL,
    stars_from INTEGER NOT NULL, stars_until INTEGER,
    page INTEGER NOT NULL DEFAULT 1, state TEXT NOT NULL DEFAULT 'open',
    total INTEGER                   -- results that GitHub counted
) STRICT;
CREATE TABLE IF NOT EXISTS answers (
    url TEXT PRIMARY KEY, etag TEXT NOT NULL, body BLOB NOT NULL
) STRICT;
"""

_ADDED_COLUMNS: Final = (
    "attempts INTEGER NOT NULL DEFAULT 0",  # failed attempts in a row
    "due INTEGER",  # when a failed row is retried, in seconds since 1970
)
"""Later columns of `repositories` and `names`; added when a file of an older version is opened."""


class Database:
    """The open file; threads may share it.

    Args:
        path: the file; created if it does not exist.

    Raises:
        UsageError: another crawl is using it.
        StorageError: it cannot be opened, or is not the state of a crawl.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._connection = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None, timeout=0.2
            )
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
            self._add_columns()
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise UsageError(
                    f"another crawl is running in {path.parent}; wait for it, or give another --out"
                ) from error
            raise StorageError(
                f"{path}: {error}; expected a file with the state of a crawl that can be read and "
                "written; fix the cause, or give another --out"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def fetch_one(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row of a query; None if there is none."""
        rows = self.fetch_all(query, values)
        return rows[0] if rows else None

    def fetch_number(self, query: str, values: Sequence[Any] = ()) -> int:
        """The only value of a query that returns one number; 0 for NULL."""
        return int(self.fetch_all(query, values)[0][0] or 0)

    def fetch_all(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self._lock:
            return self._connection.execute(query, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction: commits at the end of the block, rolls back if it raises.

        Raises:
            StorageError: writing failed, for example because the disk is full.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise StorageError(
                    f"{self._path}: {error}; fix the cause, then run the same command again"
                ) from error

    def _add_columns(self) -> None:
        for table in ("repositories", "names"):
            existing = {row["name"] for row in self.fetch_all(f"PRAGMA table_info({table})")}
            for column in _ADDED_COLUMNS:
                if column.partition(" ")[0] not in existing:
                    self._connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")
            self._connection.execute(
                f"UPDATE {table} SET due = 0 WHERE state = 'failed' AND due IS NULL"  # noqa: S608
            )
