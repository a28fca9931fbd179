"""The slices of the search: which are done, and the next page of those that are not."""

import sqlite3
from collections.abc import Iterable
from dataclasses import asdict

from codecorpus.pipelines.crawl.query_slices import MOST_RESULTS, Slice
from codecorpus.pipelines.crawl.repository import Facts
from codecorpus.pipelines.crawl.state.database import Database
from codecorpus.pipelines.crawl.state.repositories import put


class Slices:
    """The slices, in the order in which they were cut."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, slices: Iterable[Slice]) -> None:
        """Put in the first slices, unless it was done before."""
        with self._database.transaction() as database:
            if not database.execute("SELECT 1 FROM slices").fetchone():
                _put(database, slices)

    def next(self) -> tuple[int, Slice, int] | None:
        """A slice that is not done: its number, itself, and the next page; None: all are."""
        row = self._database.one(
            "SELECT * FROM slices WHERE state = 'open' ORDER BY number LIMIT 1"
        )
        if row is None:
            return None
        names = ("language", "created_from", "created_until", "stars_from", "stars_until")
        return row["number"], Slice(**{name: row[name] for name in names}), row["page"]

    def split(self, number: int, total: int, parts: Iterable[Slice]) -> None:
        """Replace a slice by its halves."""
        with self._database.transaction() as database:
            database.execute(
                "UPDATE slices SET state = 'split', total = ? WHERE number = ?", (total, number)
            )
            _put(database, parts)

    def add_page(
        self, number: int, total: int, found: Iterable[tuple[Facts, str | None]], *, last: bool
    ) -> None:
        """Take up a page of a slice: the repositories and why each is not wanted."""
        with self._database.transaction() as database:
            for facts, reason in found:
                put(database, facts, reason)
            database.execute(
                "UPDATE slices SET page = page + 1, total = ?, state = ? WHERE number = ?",
                (total, "done" if last else "open", number),
            )

    def beyond_reach(self) -> int:
        """Results that no slice can give: of one second and one number of stars, past 1,000."""
        row = self._database.one(
            "SELECT sum(total - ?1) FROM slices WHERE state = 'done' AND total > ?1",
            (MOST_RESULTS,),
        )
        return int(row[0] or 0) if row else 0


def _put(database: sqlite3.Connection, slices: Iterable[Slice]) -> None:
    database.executemany(
        "INSERT INTO slices (language, created_from, created_until, stars_from, stars_until)"
        " VALUES (:language, :created_from, :created_until, :stars_from, :stars_until)",
        [asdict(each) for each in slices],
    )
