"""Resolves a repository to a job: its current commit, and the address of the archive.

Both requests need a token, so they are sent by the process that tracks the rate limits. They can be
repeated without harm.
"""

import re
from pathlib import Path
from sqlite3 import Row
from typing import Final
from urllib.parse import quote

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.crawl.client import (
    SHA,
    GitHubClient,
    RequestFailedError,
    UnavailableError,
)
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.discovery import get_repository
from codecorpus.pipelines.crawl.download import existing_archive
from codecorpus.pipelines.crawl.fetch_jobs import FetchJob, StoredArchive, archive_name
from codecorpus.pipelines.crawl.repository import RepositoryInfo, SkipCheck
from codecorpus.pipelines.crawl.state import CrawlState

_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class Resolver:
    """Resolves repositories; threads may share it.

    Args:
        client: sends the requests.
        state: stores the progress of each repository.
        clock: tells the time.
        out: the crawl's folder.
        max_bytes: archives and the sum of their files must be smaller.
        check: decides again whether to skip a repository that has changed.
    """

    def __init__(
        self,
        client: GitHubClient,
        state: CrawlState,
        clock: Clock,
        out: Path,
        max_bytes: int,
        check: SkipCheck,
    ) -> None:
        self._client = client
        self._state = state
        self._clock = clock
        self._out = out
        self._max_bytes = max_bytes
        self._check = check

    def resolve(self, identity: int, tries: int) -> FetchJob | StoredArchive | None:
        """Find out what to download for a repository.

        Args:
            identity: of the repository.
            tries: how many downloads of its archive have failed before.

        Returns:
            A job; the archive, if a killed run has left it; None if there is nothing to do, in
            which case the state has been updated.

        Raises:
            StoppedError: the crawl is ending.
            StorageError: the crawl's folder cannot be read.
        """
        try:
            return self._resolve(self._state.repositories.get(identity), tries)
        except UnavailableError as error:
            self._state.repositories.skip(identity, error.reason)
        except RequestFailedError as error:
            self._state.repositories.fail(identity, str(error), self._clock.now())
        return None

    def _resolve(self, row: Row, tries: int) -> FetchJob | StoredArchive | None:
        commit = row["commit"] if row["state"] == "resolved" else self._resolve_commit(row)
        if commit is None:
            return None
        row = self._state.repositories.get(row["id"])
        name = archive_name(row["name"], commit)
        if row["archive"] == name and (self._out / name).is_file():
            self._state.repositories.keep(row["id"])  # after --refresh: nothing has changed
            return None
        try:
            stored = existing_archive(self._out, name, commit, self._max_bytes)
        except OSError as error:
            raise StorageError(
                f"{self._out / name}: {error}; fix the cause, then run the same command again"
            ) from error
        if stored is not None:
            return stored
        url = self._client.archive_url(f"/repos/{row['name']}/tarball/{commit}")
        return FetchJob(row["id"], commit, url, name, tries)

    def _resolve_commit(self, row: Row) -> str | None:
        """The last commit of the default branch; None: the repository is now skipped."""
        try:
            commit, moved = self._last_commit(row["name"], row["branch"])
        except UnavailableError as error:
            if error.reason != "not_found":
                raise
            commit, moved = "", True
        if moved:  # or deleted, or its default branch was renamed
            info = self._update(row)
            if info is None:
                return None
            commit, _ = self._last_commit(info.name, info.branch)
        self._state.repositories.resolve(row["id"], commit)
        return commit

    def _update(self, row: Row) -> RepositoryInfo | None:
        """Request a repository's description again; None: it is now skipped."""
        info = get_repository(self._client, row["name"])
        reason = self._check(info)
        self._state.repositories.update(info, reason)
        if info.id == row["id"]:
            return info if reason is None else None
        return None  # another repository has taken the name; the state now lists both

    def _last_commit(self, name: str, branch: str) -> tuple[str, bool]:
        """The last commit of a branch, and whether the repository has moved."""
        path = f"/repos/{name}/commits/heads/{quote(branch, safe='/')}"
        response = self._client.get(path, accept=SHA, conditional=True)
        commit = response.body.decode("ascii", "replace").strip()
        if _COMMIT.fullmatch(commit) is None:
            raise RequestFailedError(f"expected a commit, got {commit[:40]!r}")
        return commit, response.moved
