"""What discovery still has to request: slices of the search, and names to look up."""

import sqlite3
from collections.abc import Iterable
from dataclasses import asdict

from codecorpus.pipelines.crawl.backoff import after_failure
from codecorpus.pipelines.crawl.query_slices import MAX_RESULTS, Slice
from codecorpus.pipelines.crawl.repository import RepositoryInfo
from codecorpus.pipelines.crawl.state.database import Database
from codecorpus.pipelines.crawl.state.repositories import upsert


class SliceTable:
    """The slices of the search, in the order in which they were added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, slices: Iterable[Slice]) -> None:
        """Add the first slices, unless the table has slices already."""
        with self._database.transaction() as database:
            if not database.execute("SELECT 1 FROM slices").fetchone():
                _insert_slices(database, slices)

    def next(self) -> tuple[int, Slice, int] | None:
        """The number of the next open slice, the slice, and its next page; None if all are done."""
        row = self._database.fetch_one(
            "SELECT * FROM slices WHERE state = 'open' ORDER BY number LIMIT 1"
        )
        if row is None:
            return None
        names = ("language", "created_from", "created_until", "stars_from", "stars_until")
        return row["number"], Slice(**{name: row[name] for name in names}), row["page"]

    def split(self, number: int, total: int, parts: Iterable[Slice]) -> None:
        """Replace a slice with `total` results by its halves."""
        with self._database.transaction() as database:
            database.execute(
                "UPDATE slices SET state = 'split', total = ? WHERE number = ?", (total, number)
            )
            _insert_slices(database, parts)

    def add_page(
        self,
        number: int,
        total: int,
        found: Iterable[tuple[RepositoryInfo, str | None]],
        *,
        last: bool,
    ) -> None:
        """Save a page of a slice: the repositories, and why each is skipped, if it is."""
        with self._database.transaction() as database:
            for info, reason in found:
                upsert(database, info, reason)
            database.execute(
                "UPDATE slices SET page = page + 1, total = ?, state = ? WHERE number = ?",
                (total, "done" if last else "open", number),
            )

    def unreachable(self) -> int:
        """How many results the search cannot return: those past 1,000 of unsplittable slices."""
        return self._database.fetch_number(
            "SELECT sum(total - ?1) FROM slices WHERE state = 'done' AND total > ?1",
            (MAX_RESULTS,),
        )


class LookupTable:
    """Names to look up, because their ids are not known; case-insensitive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, names: Iterable[tuple[str, int | None]]) -> None:
        """Add names, with their ids if known, unless the repository or the name is known."""
        with self._database.transaction() as database:
            database.executemany(
                "INSERT OR IGNORE INTO names (name, id, state) SELECT ?1, ?2, 'open'"
                " WHERE NOT EXISTS"
                " (SELECT 1 FROM repositories WHERE id = ?2 OR lower(name) = lower(?1))"
                " AND NOT EXISTS (SELECT 1 FROM names WHERE id = ?2)",
                names,
            )

    def pending(self, now: float) -> list[str]:
        """Names to look up now, in alphabetical order.

        Args:
            now: seconds since 1970; failed names are included if they are due.
        """
        rows = self._database.fetch_all(
            "SELECT name FROM names WHERE state = 'open' OR (state = 'failed' AND due <= ?)"
            " ORDER BY lower(name)",
            (now,),
        )
        return [row["name"] for row in rows]

    def found(self, name: str, info: RepositoryInfo, reason: str | None) -> None:
        """Save the repository of a name, and why it is skipped, if it is."""
        with self._database.transaction() as database:
            upsert(database, info, reason)
            database.execute(
                "UPDATE names SET state = 'done', reason = NULL, attempts = 0, due = NULL"
                " WHERE name = ?",
                (name,),
            )

    def skip(self, name: str, reason: str) -> None:
        """Record that a name cannot be looked up."""
        with self._database.transaction() as database:
            database.execute(
                "UPDATE names SET state = 'skipped', reason = ? WHERE name = ?", (reason, name)
            )

    def fail(self, name: str, reason: str, now: float) -> None:
        """Record that a name could not be looked up: it is retried later, or given up."""
        row = self._database.fetch_one("SELECT attempts FROM names WHERE name = ?", (name,))
        assert row is not None
        with self._database.transaction() as database:
            database.execute(
                "UPDATE names SET state = ?, reason = ?, attempts = ?, due = ? WHERE name = ?",
                (*after_failure(row["attempts"], reason, now), name),
            )


def _insert_slices(database: sqlite3.Connection, slices: Iterable[Slice]) -> None:
    database.executemany(
        "INSERT INTO slices (language, created_from, created_until, stars_from, stars_until)"
        " VALUES (:language, :created_from, :created_until, :stars_from, :stars_until)",
        [asdict(each) for each in slices],
    )
