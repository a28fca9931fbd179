"""One repository: from its name to an order for its archive, in requests that may be done again.

    resolve  the default branch's commit; what has moved is followed
    locate   where its archive is

These are the requests that need a token, so they stay with the process that has the budgets.
"""

import re
from pathlib import Path
from sqlite3 import Row
from typing import Final
from urllib.parse import quote

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.crawl.client import SHA, Api, GoneError, LaterError
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.discovery import Unwanted, repository
from codecorpus.pipelines.crawl.download import standing
from codecorpus.pipelines.crawl.fetch_jobs import Order, Stored, archive_name
from codecorpus.pipelines.crawl.repository import Facts
from codecorpus.pipelines.crawl.state import State

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Resolver:
    """Resolves repositories; threads may share it.

    Args:
        api: asks.
        state: where the repositories stand.
        clock: tells the time.
        out: the crawl's folder.
        most: archives and the sum of their files must be smaller, in bytes.
        unwanted: decides again on a repository that has changed.
    """

    def __init__(
        self, api: Api, state: State, clock: Clock, out: Path, most: int, unwanted: Unwanted
    ) -> None:
        self._api = api
        self._state = state
        self._clock = clock
        self._out = out
        self._most = most
        self._unwanted = unwanted

    def order(self, identity: int, tries: int) -> Order | Stored | None:
        """What is to be fetched of a repository.

        Args:
            identity: of the repository.
            tries: how often its archive was tried before.

        Returns:
            An order; what a killed run has left of it; None if nothing is to be done, and then the
            state says why.

        Raises:
            StoppedError: the crawl ends.
            StorageError: the crawl's folder cannot be read.
        """
        try:
            return self._order(self._state.repositories.get(identity), tries)
        except GoneError as gone:
            self._state.repositories.skip(identity, gone.reason)
        except LaterError as later:
            self._state.repositories.fail(identity, str(later), self._clock.now())
        return None

    def _order(self, row: Row, tries: int) -> Order | Stored | None:
        commit = row["commit"] if row["state"] == "resolved" else self._resolve(row)
        if commit is None:
            return None
        row = self._state.repositories.get(row["id"])
        name = archive_name(row["name"], commit)
        if row["archive"] == name and (self._out / name).is_file():
            self._state.repositories.keep(row["id"])  # asked again, and nothing has changed
            return None
        try:
            stored = standing(self._out, name, commit, self._most)
        except OSError as error:
            raise StorageError(
                f"{self._out / name}: {error}; mend what the system names"
            ) from error
        if stored is not None:
            return stored
        url = self._api.locate(f"/repos/{row['name']}/tarball/{commit}")
        return Order(row["id"], commit, url, name, tries)

    def _resolve(self, row: Row) -> str | None:
        """The commit at the head of the default branch; None: the repository is wanted no more."""
        try:
            commit, moved = self._commit(row["name"], row["branch"])
        except GoneError as gone:
            if gone.reason != "not_found":
                raise
            commit, moved = "", True
        if moved:  # or gone, or its default branch has another name
            facts = self._look_again(row)
            if facts is None:
                return None
            commit, _ = self._commit(facts.name, facts.branch)
        self._state.repositories.resolve(row["id"], commit)
        return commit

    def _look_again(self, row: Row) -> Facts | None:
        facts = repository(self._api, row["name"])
        reason = self._unwanted(facts)
        self._state.repositories.update(facts, reason)
        if facts.id == row["id"]:
            return facts if reason is None else None
        return None  # its name belongs to another one now, which the state has taken up

    def _commit(self, name: str, branch: str) -> tuple[str, bool]:
        """The branch's commit, and whether the repository has moved."""
        head = quote(branch, safe="/")
        found = self._api.get(f"/repos/{name}/commits/heads/{head}", accept=SHA, conditional=True)
        commit = found.answer.body.decode("ascii", "replace").strip()
        if _COMMIT.fullmatch(commit) is None:
            raise LaterError(f"got {commit[:40]!r} where a commit was expected")
        return commit, found.moved
