"""One repository: from its name to its archive, in steps that may be done again.

    resolve  the default branch's commit; what has moved is followed
    fetch    the archive of that commit into a temporary file, looked through as it comes
    store    under its final name, then in the state

An archive that has its final name already was fetched by a run that was killed before it could say
so: it is looked through, and not fetched again.
"""

import re
import uuid
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Row
from typing import Final

from pipelines.crawling.api import SHA, Api, GoneError, LaterError
from pipelines.crawling.clock import Clock
from pipelines.crawling.discovery import Unwanted, repository
from pipelines.crawling.facts import Facts
from pipelines.crawling.fetching import TooLargeError, receive
from pipelines.crawling.state import State, Stored
from pipelines.sources.base import DamagedError

ARCHIVES: Final = "repositories"
"""The folder of the archives, `owner/name@commit.tar.gz` in it."""
TEMPORARY: Final = "tmp"
"""The folder of archives that are on their way."""

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_TRIES: Final = 3  # times that an archive is fetched when what comes is damaged
_CHUNK: Final = 1 << 20


def archive_name(name: str, commit: str) -> str:
    """Where an archive lies in the crawl's folder."""
    return f"{ARCHIVES}/{name}@{commit[:12]}.tar.gz"


class Fetcher:
    """Fetches repositories; threads may share it.

    Args:
        api: asks.
        state: where the repositories stand.
        clock: tells the time and waits.
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

    def fetch(self, identity: int) -> int:
        """Bring a repository to its end, whatever that is.

        Returns:
            Bytes that came.

        Raises:
            StoppedError: the crawl ends.
            StorageError: the folder cannot be written to.
        """
        try:
            return self._fetch(self._state.repository(identity))
        except GoneError as gone:
            self._state.skip(identity, gone.reason)
        except TooLargeError:
            self._state.skip(identity, "size")
        except LaterError as later:
            self._state.fail(identity, str(later))
        return 0

    def _fetch(self, row: Row) -> int:
        resolved = row["commit"] if row["state"] == "resolved" else self._resolve(row)
        if resolved is None:
            return 0
        row = self._state.repository(row["id"])
        name = archive_name(row["name"], resolved)
        path = self._out / name
        if row["archive"] == name and path.is_file():
            self._state.keep(row["id"])  # asked again, and nothing has changed
            return 0
        stored = self._standing(path, name, resolved) or self._download(row, name, resolved)
        day = datetime.fromtimestamp(self._clock.now(), UTC).date().isoformat()
        self._state.store(row["id"], day, stored)
        return stored.archive_bytes

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
        self._state.resolve(row["id"], commit)
        return commit

    def _look_again(self, row: Row) -> Facts | None:
        facts = repository(self._api, row["name"])
        reason = self._unwanted(facts)
        self._state.update(facts, reason)
        if facts.id == row["id"]:
            return facts if reason is None else None
        return None  # its name belongs to another one now, which the state has taken up

    def _commit(self, name: str, branch: str) -> tuple[str, bool]:
        """The branch's commit, and whether the repository has moved."""
        found = self._api.get(f"/repos/{name}/commits/heads/{branch}", accept=SHA, conditional=True)
        commit = found.answer.body.decode("ascii", "replace").strip()
        if _COMMIT.fullmatch(commit) is None:
            raise LaterError(f"got {commit[:40]!r} where a commit was expected")
        return commit, found.moved

    def _standing(self, path: Path, name: str, commit: str) -> Stored | None:
        """The archive that a killed run has left, if there is one and it is whole."""
        try:
            with path.open("rb") as file:
                chunks = iter(lambda: file.read(_CHUNK), b"")
                return receive(chunks, None, name=name, commit=commit, most=self._most)
        except (FileNotFoundError, DamagedError):
            return None

    def _download(self, row: Row, name: str, commit: str) -> Stored:
        tries = 0
        while True:
            try:
                return self._receive(row["name"], name, commit)
            except (DamagedError, LaterError) as error:
                tries += 1
                if tries == _TRIES:
                    detail = error.detail if isinstance(error, DamagedError) else str(error)
                    raise LaterError(f"the archive, {tries} times: {detail}") from error
            self._clock.wait_until(self._clock.now() + 2.0**tries)

    def _receive(self, repository_name: str, name: str, commit: str) -> Stored:
        url = self._api.locate(f"/repos/{repository_name}/tarball/{commit}")
        temporary = self._out / TEMPORARY / uuid.uuid4().hex
        try:
            with self._api.download(url) as chunks, temporary.open("xb") as file:
                stored = receive(chunks, file, name=name, commit=commit, most=self._most)
            final = self._out / name
            final.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(final)
        finally:
            temporary.unlink(missing_ok=True)
        return stored
