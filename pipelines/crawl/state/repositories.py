"""The table of repositories and their progress."""

import sqlite3
from dataclasses import asdict
from typing import Any

from codecorpus.pipelines.crawl.backoff import after_failure
from codecorpus.pipelines.crawl.fetch_jobs import StoredArchive
from codecorpus.pipelines.crawl.repository import RepositoryInfo
from codecorpus.pipelines.crawl.state.database import Database


class RepositoryTable:
    """The repositories, by GitHub's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def update(self, info: RepositoryInfo, reason: str | None) -> None:
        """Save a repository's current description, and why it is skipped, if it is."""
        with self._database.transaction() as database:
            upsert(database, info, reason)

    def pending(self, after: int, now: float, limit: int) -> list[int]:
        """Ids of repositories to fetch, in order.

        Args:
            after: return only larger ids.
            now: seconds since 1970; failed repositories are included if they are due.
            limit: the most ids to return.
        """
        rows = self._database.fetch_all(
            "SELECT id FROM repositories INDEXED BY repositories_to_fetch"
            " WHERE state IN ('discovered', 'resolved', 'failed') AND id > ?"
            " AND (state != 'failed' OR due <= ?) ORDER BY id LIMIT ?",
            (after, now, limit),
        )
        return [row["id"] for row in rows]

    def count_pending(self, now: float) -> int:
        """The number of repositories to fetch, failed ones included if they are due."""
        return self._database.fetch_number(
            "SELECT count(*) FROM repositories"
            " WHERE state IN ('discovered', 'resolved', 'failed')"
            " AND (state != 'failed' OR due <= ?)",
            (now,),
        )

    def count(self) -> int:
        """The number of repositories in any state."""
        return self._database.fetch_number("SELECT count(*) FROM repositories")

    def get(self, identity: int) -> sqlite3.Row:
        """The row of a repository, which must exist."""
        row = self._database.fetch_one("SELECT * FROM repositories WHERE id = ?", (identity,))
        assert row is not None
        return row

    def fetched(self) -> list[sqlite3.Row]:
        """Rows of fetched repositories, ordered by id."""
        return self._database.fetch_all(
            "SELECT * FROM repositories WHERE state = 'fetched' ORDER BY id"
        )

    def not_skipped(self) -> list[sqlite3.Row]:
        """Rows of repositories that are fetched or to be fetched, ordered by id."""
        return self._database.fetch_all(
            "SELECT * FROM repositories WHERE state != 'skipped' ORDER BY id"
        )

    def resolve(self, identity: int, commit: str) -> None:
        """Record the commit to fetch."""
        self._set(identity, state="resolved", reason=None, commit=commit)

    def store(self, identity: int, day: str, stored: StoredArchive) -> None:
        """Record that the archive is complete and has its final name."""
        self._finish(identity, "fetched", None, fetched=day, **asdict(stored))

    def keep(self, identity: int) -> None:
        """Record that the archive of an earlier run is still current."""
        self._finish(identity, "fetched", None)

    def skip(self, identity: int, reason: str) -> None:
        """Record that the repository will not be fetched."""
        self._finish(identity, "skipped", reason)

    def fail(self, identity: int, reason: str, now: float) -> None:
        """Record that the repository could not be fetched: it is retried later, or given up.

        Args:
            identity: of the repository.
            reason: for people.
            now: seconds since 1970.
        """
        failure = after_failure(self.get(identity)["attempts"], reason, now)
        self._set(identity, **failure._asdict())

    def _finish(self, identity: int, state: str, reason: str | None, **values: Any) -> None:  # noqa: ANN401 - values of SQLite
        self._set(identity, state=state, reason=reason, attempts=0, due=None, **values)

    def _set(self, identity: int, **values: Any) -> None:  # noqa: ANN401 - values of SQLite
        columns = ", ".join(f'"{name}" = ?' for name in values)
        with self._database.transaction() as database:
            database.execute(
                f"UPDATE repositories SET {columns} WHERE id = ?",  # noqa: S608 - our own names
                (*values.values(), identity),
            )


def upsert(database: sqlite3.Connection, info: RepositoryInfo, reason: str | None) -> None:
    """Insert or update a repository, within a transaction.

    An update keeps the repository's progress, unless there is a reason to skip it. Any other
    repository of that name is skipped as `renamed_away`.
    """
    values = asdict(info)
    names = ", ".join(values)
    placeholders = ", ".join(f":{name}" for name in values)
    changes = ", ".join(f"{name} = excluded.{name}" for name in values if name != "id")
    database.execute(
        f"INSERT INTO repositories ({names}, state, reason)"  # noqa: S608 - our own names
        f" VALUES ({placeholders}, iif(:reason IS NULL, 'discovered', 'skipped'), :reason)"
        f" ON CONFLICT (id) DO UPDATE SET {changes},"
        " state = iif(:reason IS NULL, state, 'skipped'),"
        " reason = iif(:reason IS NULL, reason, :reason)",
        {**values, "reason": reason},
    )
    database.execute(
        "UPDATE repositories SET state = 'skipped', reason = 'renamed_away'"
        " WHERE lower(name) = lower(:name) AND id != :id AND state != 'skipped'",
        values,
    )
