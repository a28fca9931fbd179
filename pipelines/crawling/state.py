"""Where a crawl stands: one SQLite file, so that it can be killed anywhere and go on.

    repositories  discovered -> resolved -> fetched
                  any of these -> skipped (its reason says why), failed (the next run tries again)
    names         open -> done, skipped, failed: names of which the id is not known yet
    slices        open -> done, split; `page` is the next one to ask for
    answers       what conditional requests compare with: an entity tag and a body
    facts         what was decided when the crawl began

A change that belongs together is one transaction, and an archive has its final name before its row
says `fetched`. The file is held exclusively: a second crawl of a folder is refused. Write-ahead
logging keeps it whole when the process is killed; a power cut may lose the last transactions, after
which their work is done again.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from foundation.errors import StorageError, UsageError
from pipelines.crawling.facts import Facts
from pipelines.crawling.slicing import Slice

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS repositories (
    id INTEGER PRIMARY KEY,         -- GitHub's, which a rename does not change
    name TEXT NOT NULL,             -- owner/name
    branch TEXT NOT NULL,           -- the default one
    language TEXT, stars INTEGER NOT NULL, size INTEGER NOT NULL, license TEXT,
    created INTEGER NOT NULL,       -- seconds since 1970
    fork INTEGER NOT NULL, mirror INTEGER NOT NULL, archived INTEGER NOT NULL,
    disabled INTEGER NOT NULL, private INTEGER NOT NULL,
    state TEXT NOT NULL, reason TEXT,
    "commit" TEXT,                  -- of the archive
    fetched TEXT,                   -- day, UTC
    archive TEXT, archive_bytes INTEGER, sha256 TEXT,
    unpacked_bytes INTEGER, files INTEGER, lfs_pointers INTEGER, submodules INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS repositories_by_state ON repositories (state, id);
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


@dataclass(frozen=True)
class Stored:
    """An archive that was fetched, and what is in it."""

    archive: str
    archive_bytes: int
    sha256: str
    unpacked_bytes: int
    files: int
    lfs_pointers: int
    submodules: int


class State:
    """The state of the crawl in a folder; threads may share it.

    Args:
        path: the file; made if there is none.

    Raises:
        UsageError: another crawl holds it.
        StorageError: it cannot be opened, or is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            self._database = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None, timeout=0.2
            )
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise UsageError(
                    f"another crawl is at work in {path.parent}; wait for it, or give another --out"
                ) from error
            raise StorageError(f"{path}: {error}; mend what the system names") from error
        except sqlite3.DatabaseError as error:
            raise StorageError(f"{path}: {error}; it is no state of a crawl") from error

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def fact(self, key: str, value: str) -> str:
        """What was noted under a key; `value`, noted now, if nothing was."""
        with self._transaction() as database:
            database.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (key, value))
            row = database.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
            return str(row[0])

    # Discovery

    def begin_slices(self, slices: Iterable[Slice]) -> None:
        """Put in the first slices, unless it was done before."""
        with self._transaction() as database:
            if not database.execute("SELECT 1 FROM slices").fetchone():
                _put_slices(database, slices)

    def open_slice(self) -> tuple[int, Slice, int] | None:
        """A slice that is not done: its number, itself, and the next page; None: all are."""
        row = self._one("SELECT * FROM slices WHERE state = 'open' ORDER BY number LIMIT 1")
        if row is None:
            return None
        names = ("language", "created_from", "created_until", "stars_from", "stars_until")
        return row["number"], Slice(**{name: row[name] for name in names}), row["page"]

    def split(self, number: int, total: int, parts: Iterable[Slice]) -> None:
        """Replace a slice by its halves."""
        with self._transaction() as database:
            database.execute(
                "UPDATE slices SET state = 'split', total = ? WHERE number = ?", (total, number)
            )
            _put_slices(database, parts)

    def add_page(
        self, number: int, total: int, found: Iterable[tuple[Facts, str | None]], *, last: bool
    ) -> None:
        """Take up a page of a slice: the repositories and why each is not wanted."""
        with self._transaction() as database:
            for facts, reason in found:
                _put(database, facts, reason)
            database.execute(
                "UPDATE slices SET page = page + 1, total = ?, state = ? WHERE number = ?",
                (total, "done" if last else "open", number),
            )

    def beyond_reach(self) -> int:
        """Results that no slice can give: of one second and one number of stars, past 1,000."""
        row = self._one(
            "SELECT sum(total - 1000) FROM slices WHERE state = 'done' AND total > 1000"
        )
        return int(row[0] or 0) if row else 0

    def add_names(self, names: Iterable[tuple[str, int | None]]) -> None:
        """Names to look up, with their ids if known; those that are known already are not."""
        with self._transaction() as database:
            database.executemany(
                "INSERT OR IGNORE INTO names SELECT ?1, ?2, 'open', NULL WHERE NOT EXISTS"
                " (SELECT 1 FROM repositories WHERE id = ?2 OR lower(name) = lower(?1))"
                " AND NOT EXISTS (SELECT 1 FROM names WHERE id = ?2)",
                names,
            )

    def open_names(self) -> list[str]:
        """Names to look up, in order."""
        rows = self._all("SELECT name FROM names WHERE state = 'open' ORDER BY lower(name)")
        return [row["name"] for row in rows]

    def close_name(
        self, name: str, state: str, reason: str | None, facts: Facts | None, unwanted: str | None
    ) -> None:
        """Note what a name led to."""
        with self._transaction() as database:
            if facts is not None:
                _put(database, facts, unwanted)
            database.execute(
                "UPDATE names SET state = ?, reason = ? WHERE name = ?", (state, reason, name)
            )

    # Repositories

    def update(self, facts: Facts, unwanted: str | None) -> None:
        """Take up what a repository has become: it moved, or has another default branch."""
        with self._transaction() as database:
            _put(database, facts, unwanted)

    def pending(self) -> list[int]:
        """Ids of the repositories that are wanted and not fetched, in order."""
        rows = self._all(
            "SELECT id FROM repositories WHERE state IN ('discovered', 'resolved') ORDER BY id"
        )
        return [row["id"] for row in rows]

    def repository(self, repository: int) -> sqlite3.Row:
        """The row of a repository."""
        row = self._one("SELECT * FROM repositories WHERE id = ?", (repository,))
        assert row is not None
        return row

    def fetched(self) -> Iterator[sqlite3.Row]:
        """The repositories that were fetched, by id."""
        yield from self._all("SELECT * FROM repositories WHERE state = 'fetched' ORDER BY id")

    def wanted(self) -> Iterator[sqlite3.Row]:
        """The repositories that are fetched or will be, by id."""
        yield from self._all("SELECT * FROM repositories WHERE state != 'skipped' ORDER BY id")

    def number(self) -> int:
        """How many repositories are known."""
        rows = self._all("SELECT count(*) FROM repositories")
        return int(rows[0][0])

    def counts(self) -> dict[tuple[str, str | None], int]:
        """How many repositories and names are in each state, for each reason."""
        rows = self._all(
            "SELECT state, reason, count(*) AS number FROM (SELECT state, reason FROM repositories"
            " UNION ALL SELECT state, reason FROM names WHERE state != 'done')"
            " GROUP BY state, reason ORDER BY state, reason"
        )
        return {(row["state"], row["reason"]): row["number"] for row in rows}

    def resolve(self, repository: int, commit: str) -> None:
        """The commit to fetch is known."""
        self._set(repository, state="resolved", reason=None, commit=commit)

    def store(self, repository: int, day: str, stored: Stored) -> None:
        """Its archive lies under its final name."""
        self._set(repository, state="fetched", reason=None, fetched=day, **asdict(stored))

    def keep(self, repository: int) -> None:
        """What was fetched before is still what there is."""
        self._set(repository, state="fetched", reason=None)

    def skip(self, repository: int, reason: str) -> None:
        """It will not be fetched."""
        self._set(repository, state="skipped", reason=reason)

    def fail(self, repository: int, reason: str) -> None:
        """It could not be fetched in this run."""
        self._set(repository, state="failed", reason=reason)

    def retry_failed(self) -> None:
        """Try again in this run what failed in earlier ones."""
        with self._transaction() as database:
            database.execute(
                "UPDATE repositories SET reason = NULL, state ="
                " iif(\"commit\" IS NULL, 'discovered', 'resolved') WHERE state = 'failed'"
            )
            database.execute("UPDATE names SET state = 'open' WHERE state = 'failed'")

    def refresh(self) -> None:
        """Ask about everything again: what has changed is fetched anew."""
        with self._transaction() as database:
            database.execute("DELETE FROM slices")
            database.execute("UPDATE names SET state = 'open', reason = NULL")
            database.execute(
                "UPDATE repositories SET state = 'discovered', reason = NULL"
                " WHERE state IN ('fetched', 'resolved', 'failed') OR reason = 'empty'"
            )

    # Conditional requests

    def remembered(self, url: str) -> tuple[str, bytes] | None:
        """Entity tag and body of the last answer about an address."""
        row = self._one("SELECT etag, body FROM answers WHERE url = ?", (url,))
        return (row["etag"], row["body"]) if row is not None else None

    def remember(self, url: str, etag: str, body: bytes) -> None:
        """Keep an answer to compare with."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (url, etag, body))

    def _set(self, repository: int, **values: Any) -> None:  # noqa: ANN401 - what SQLite stores
        columns = ", ".join(f'"{name}" = ?' for name in values)
        with self._transaction() as database:
            database.execute(
                f"UPDATE repositories SET {columns} WHERE id = ?",  # noqa: S608 - names of ours
                (*values.values(), repository),
            )

    def _one(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        rows = self._all(query, values)
        return rows[0] if rows else None

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                try:
                    yield self._database
                except BaseException:
                    self._database.execute("ROLLBACK")
                    raise
                self._database.execute("COMMIT")
            except sqlite3.OperationalError as error:
                raise StorageError(
                    f"{self._path}: {error}; mend it, then run the same command again"
                ) from error


def _put_slices(database: sqlite3.Connection, slices: Iterable[Slice]) -> None:
    database.executemany(
        "INSERT INTO slices (language, created_from, created_until, stars_from, stars_until)"
        " VALUES (:language, :created_from, :created_until, :stars_from, :stars_until)",
        [asdict(each) for each in slices],
    )


def _put(database: sqlite3.Connection, facts: Facts, unwanted: str | None) -> None:
    """Take up a repository, or what has become of it; its way so far stays, if it is wanted."""
    values = asdict(facts)
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    changes = ", ".join(f"{name} = excluded.{name}" for name in values if name != "id")
    database.execute(
        f"INSERT INTO repositories ({names}, state, reason)"  # noqa: S608 - names of ours
        f" VALUES ({marks}, iif(:unwanted IS NULL, 'discovered', 'skipped'), :unwanted)"
        f" ON CONFLICT (id) DO UPDATE SET {changes},"
        " state = iif(:unwanted IS NULL, state, 'skipped'),"
        " reason = iif(:unwanted IS NULL, reason, :unwanted)",
        {**values, "unwanted": unwanted},
    )
    # Who had the name before has another one now, or is gone.
    database.execute(
        "UPDATE repositories SET state = 'skipped', reason = 'renamed_away'"
        " WHERE lower(name) = lower(:name) AND id != :id AND state != 'skipped'",
        values,
    )
