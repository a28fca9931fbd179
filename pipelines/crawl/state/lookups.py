"""Names of which the id is not known yet."""

from collections.abc import Iterable

from codecorpus.pipelines.crawl.backoff import due
from codecorpus.pipelines.crawl.repository import Facts
from codecorpus.pipelines.crawl.state.database import Database
from codecorpus.pipelines.crawl.state.repositories import put


class Names:
    """Names to look up; case does not matter."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, names: Iterable[tuple[str, int | None]]) -> None:
        """Names to look up, with their ids if known; those that are known already are not."""
        with self._database.transaction() as database:
            database.executemany(
                "INSERT OR IGNORE INTO names (name, id, state) SELECT ?1, ?2, 'open'"
                " WHERE NOT EXISTS"
                " (SELECT 1 FROM repositories WHERE id = ?2 OR lower(name) = lower(?1))"
                " AND NOT EXISTS (SELECT 1 FROM names WHERE id = ?2)",
                names,
            )

    def open(self, now: float) -> list[str]:
        """Names to look up now, in order.

        Args:
            now: seconds since 1970; what failed is among them if it is due.
        """
        rows = self._database.all(
            "SELECT name FROM names WHERE state = 'open' OR (state = 'failed' AND due <= ?)"
            " ORDER BY lower(name)",
            (now,),
        )
        return [row["name"] for row in rows]

    def found(self, name: str, facts: Facts, unwanted: str | None) -> None:
        """A name led to a repository."""
        with self._database.transaction() as database:
            put(database, facts, unwanted)
            database.execute(
                "UPDATE names SET state = 'done', reason = NULL, attempts = 0, due = NULL"
                " WHERE name = ?",
                (name,),
            )

    def skip(self, name: str, reason: str) -> None:
        """A name led to nothing, and will not."""
        with self._database.transaction() as database:
            database.execute(
                "UPDATE names SET state = 'skipped', reason = ? WHERE name = ?", (reason, name)
            )

    def fail(self, name: str, reason: str, now: float) -> None:
        """A name could not be looked up now."""
        row = self._database.one("SELECT attempts FROM names WHERE name = ?", (name,))
        assert row is not None
        attempts = row["attempts"] + 1
        moment = due(attempts, now)
        state, reason = ("failed", reason) if moment is not None else ("skipped", "given_up")
        with self._database.transaction() as database:
            database.execute(
                "UPDATE names SET state = ?, reason = ?, attempts = ?, due = ? WHERE name = ?",
                (state, reason, attempts, moment, name),
            )
