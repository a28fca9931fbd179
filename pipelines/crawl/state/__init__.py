"""The state of a crawl in one SQLite file, so that a crawl can be killed at any time and resumed.

    repositories  discovered -> resolved -> fetched
                  from any of these -> skipped (see its reason), failed (to be retried when due)
    names         open -> done, skipped, failed: names whose id is not known yet
    slices        open -> done, split; `page` is the next one to request
    answers       responses for conditional requests: entity tag and body
    facts         values that stay constant after the start of the crawl

Related changes are one transaction, and an archive gets its final name before its row becomes
`fetched`. Only the process that runs the crawl opens the file; workers never do.
"""

from pathlib import Path
from typing import NamedTuple

from codecorpus.pipelines.crawl.state.database import Database
from codecorpus.pipelines.crawl.state.discovery import LookupTable, SliceTable
from codecorpus.pipelines.crawl.state.repositories import RepositoryTable


class CachedResponse(NamedTuple):
    """The last response to a request that can be repeated conditionally."""

    etag: str
    body: bytes


class CrawlState:
    """The state of the crawl in a folder; threads may share it.

    Args:
        path: the file; created if it does not exist.

    Raises:
        UsageError: another crawl is using it.
        StorageError: it cannot be opened, or is not the state of a crawl.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.repositories = RepositoryTable(self._database)
        self.lookups = LookupTable(self._database)
        self.slices = SliceTable(self._database)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def constant(self, key: str, value: str) -> str:
        """The value saved under a key; saves and returns `value` if there is none."""
        with self._database.transaction() as database:
            database.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (key, value))
            row = database.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
            return str(row[0])

    def cached_response(self, url: str) -> CachedResponse | None:
        """The last response from a URL; None if there is none."""
        row = self._database.fetch_one("SELECT etag, body FROM answers WHERE url = ?", (url,))
        return CachedResponse(row["etag"], row["body"]) if row is not None else None

    def cache_response(self, url: str, etag: str, body: bytes) -> None:
        """Save the response from a URL."""
        with self._database.transaction() as database:
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (url, etag, body))

    def counts(self) -> dict[tuple[str, str | None], int]:
        """The number of repositories and names by state and reason."""
        rows = self._database.fetch_all(
            "SELECT state, reason, count(*) AS number FROM (SELECT state, reason FROM repositories"
            " UNION ALL SELECT state, reason FROM names WHERE state != 'done')"
            " GROUP BY state, reason ORDER BY state, reason"
        )
        return {(row["state"], row["reason"]): row["number"] for row in rows}

    def failed(self) -> tuple[int, int | None]:
        """The number of failed repositories and names, and when the next one is due.

        Returns:
            The number, and seconds since 1970; None if there are none.
        """
        row = self._database.fetch_all(
            "SELECT count(*) AS number, min(due) AS due FROM"
            " (SELECT due FROM repositories WHERE state = 'failed'"
            " UNION ALL SELECT due FROM names WHERE state = 'failed')"
        )[0]
        return row["number"], row["due"]

    def refresh(self) -> None:
        """Reset all rows, so that everything is requested again and changes are fetched."""
        with self._database.transaction() as database:
            database.execute("DELETE FROM slices")
            database.execute(
                "UPDATE names SET state = 'open', reason = NULL, attempts = 0, due = NULL"
            )
            database.execute(
                "UPDATE repositories SET state = 'discovered', reason = NULL, attempts = 0,"
                " due = NULL WHERE state IN ('fetched', 'resolved', 'failed')"
                " OR reason IN ('empty', 'given_up')"
            )
