"""The repositories, and how far each has come."""

import sqlite3
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from codecorpus.pipelines.crawl.backoff import due
from codecorpus.pipelines.crawl.fetch_jobs import Stored
from codecorpus.pipelines.crawl.repository import Facts
from codecorpus.pipelines.crawl.state.database import Database


class Repositories:
    """The repositories, by GitHub's id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def update(self, facts: Facts, unwanted: str | None) -> None:
        """Take up what a repository has become: it moved, or has another default branch."""
        with self._database.transaction() as database:
            put(database, facts, unwanted)

    def pending(self, after: int, now: float, most: int) -> list[int]:
        """Ids of repositories that are wanted and not fetched, in order.

        Args:
            after: only larger ids.
            now: seconds since 1970; what failed is among them if it is due.
            most: so many at once.
        """
        rows = self._database.all(
            "SELECT id FROM repositories INDEXED BY repositories_to_fetch"
            " WHERE state IN ('discovered', 'resolved', 'failed') AND id > ?"
            " AND (state != 'failed' OR due <= ?) ORDER BY id LIMIT ?",
            (after, now, most),
        )
        return [row["id"] for row in rows]

    def number_pending(self, now: float) -> int:
        """How many are wanted and not fetched."""
        row = self._database.one(
            "SELECT count(*) FROM repositories"
            " WHERE state IN ('discovered', 'resolved', 'failed')"
            " AND (state != 'failed' OR due <= ?)",
            (now,),
        )
        return int(row[0]) if row else 0

    def number(self) -> int:
        """How many are known."""
        return int(self._database.all("SELECT count(*) FROM repositories")[0][0])

    def get(self, repository: int) -> sqlite3.Row:
        """The row of a repository."""
        row = self._database.one("SELECT * FROM repositories WHERE id = ?", (repository,))
        assert row is not None
        return row

    def fetched(self) -> Iterator[sqlite3.Row]:
        """Those that were fetched, by id."""
        yield from self._database.all(
            "SELECT * FROM repositories WHERE state = 'fetched' ORDER BY id"
        )

    def wanted(self) -> Iterator[sqlite3.Row]:
        """Those that are fetched or will be, by id."""
        yield from self._database.all(
            "SELECT * FROM repositories WHERE state != 'skipped' ORDER BY id"
        )

    def resolve(self, repository: int, commit: str) -> None:
        """The commit to fetch is known."""
        self._set(repository, state="resolved", reason=None, commit=commit)

    def store(self, repository: int, day: str, stored: Stored) -> None:
        """Its archive lies under its final name."""
        self._end(repository, "fetched", None, fetched=day, **asdict(stored))

    def keep(self, repository: int) -> None:
        """What was fetched before is still what there is."""
        self._end(repository, "fetched", None)

    def skip(self, repository: int, reason: str) -> None:
        """It will not be fetched."""
        self._end(repository, "skipped", reason)

    def fail(self, repository: int, reason: str, now: float) -> None:
        """It could not be fetched now: it is tried again later, or given up.

        Args:
            repository: its id.
            reason: why, for people.
            now: seconds since 1970.
        """
        attempts = self.get(repository)["attempts"] + 1
        moment = due(attempts, now)
        if moment is None:
            self._set(repository, state="skipped", reason="given_up", attempts=attempts, due=None)
        else:
            self._set(repository, state="failed", reason=reason, attempts=attempts, due=moment)

    def _end(self, repository: int, state: str, reason: str | None, **values: Any) -> None:  # noqa: ANN401 - what SQLite stores
        self._set(repository, state=state, reason=reason, attempts=0, due=None, **values)

    def _set(self, repository: int, **values: Any) -> None:  # noqa: ANN401 - what SQLite stores
        columns = ", ".join(f'"{name}" = ?' for name in values)
        with self._database.transaction() as database:
            database.execute(
                f"UPDATE repositories SET {columns} WHERE id = ?",  # noqa: S608 - names of ours
                (*values.values(), repository),
            )


def put(database: sqlite3.Connection, facts: Facts, unwanted: str | None) -> None:
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
