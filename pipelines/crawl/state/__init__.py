"""Where a crawl stands: one SQLite file, so that it can be killed anywhere and go on.

    repositories  discovered -> resolved -> fetched
                  any of these -> skipped (its reason says why), failed (tried again at a time)
    names         open -> done, skipped, failed: names of which the id is not known yet
    slices        open -> done, split; `page` is the next one to ask for
    answers       what conditional requests compare with: an entity tag and a body
    facts         what was decided when the crawl began

A change that belongs together is one transaction, and an archive has its final name before its row
says `fetched`. Only the process that runs the crawl opens the file; workers never do.
"""

from pathlib import Path

from codecorpus.pipelines.crawl.state.database import Database
from codecorpus.pipelines.crawl.state.etags import Answers
from codecorpus.pipelines.crawl.state.lookups import Names
from codecorpus.pipelines.crawl.state.repositories import Repositories
from codecorpus.pipelines.crawl.state.slices import Slices


class State:
    """The state of the crawl in a folder, one attribute a table; threads may share it.

    Args:
        path: the file; made if there is none.

    Raises:
        UsageError: another crawl holds it.
        StorageError: it cannot be opened, or is no such file.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.repositories = Repositories(self._database)
        self.names = Names(self._database)
        self.slices = Slices(self._database)
        self.answers = Answers(self._database)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def fact(self, key: str, value: str) -> str:
        """What was noted under a key; `value`, noted now, if nothing was."""
        with self._database.transaction() as database:
            database.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (key, value))
            row = database.execute("SELECT value FROM facts WHERE key = ?", (key,)).fetchone()
            return str(row[0])

    def counts(self) -> dict[tuple[str, str | None], int]:
        """How many repositories and names are in each state, for each reason."""
        rows = self._database.all(
            "SELECT state, reason, count(*) AS number FROM (SELECT state, reason FROM repositories"
            " UNION ALL SELECT state, reason FROM names WHERE state != 'done')"
            " GROUP BY state, reason ORDER BY state, reason"
        )
        return {(row["state"], row["reason"]): row["number"] for row in rows}

    def waiting(self) -> tuple[int, int | None]:
        """How many repositories and names failed, and when the next of them is due.

        Returns:
            The number, and seconds since 1970; None if there are none.
        """
        row = self._database.all(
            "SELECT count(*) AS number, min(due) AS due FROM"
            " (SELECT due FROM repositories WHERE state = 'failed'"
            " UNION ALL SELECT due FROM names WHERE state = 'failed')"
        )[0]
        return row["number"], row["due"]

    def refresh(self) -> None:
        """Ask about everything again: what has changed is fetched anew."""
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
