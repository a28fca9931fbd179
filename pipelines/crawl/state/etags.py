"""Answers that conditional requests compare with."""

from codecorpus.pipelines.crawl.state.database import Database


class Answers:
    """The last answer about each address."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def remembered(self, url: str) -> tuple[str, bytes] | None:
        """Entity tag and body of the last answer about an address."""
        row = self._database.one("SELECT etag, body FROM answers WHERE url = ?", (url,))
        return (row["etag"], row["body"]) if row is not None else None

    def remember(self, url: str, etag: str, body: bytes) -> None:
        """Keep an answer to compare with."""
        with self._database.transaction() as database:
            database.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", (url, etag, body))
