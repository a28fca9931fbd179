"""The messages between the crawl and the workers that download archives.

Jobs and results are small dataclasses, so that they can be sent to other processes and machines. A
worker has no token and no access to the crawl's state: it tries a job once and reports the result.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, Protocol

ARCHIVES: Final = "repositories"
"""The folder of the archives, which are named `owner/name@commit.tar.gz`."""
TEMPORARY: Final = "tmp"
"""The folder of archives that are being downloaded."""


@dataclass(frozen=True)
class FetchJob:
    """An archive to download.

    Attributes:
        id: of the repository.
        commit: the commit that the archive must contain.
        url: needs no token.
        archive: path of the finished archive, relative to the crawl's folder.
        tries: how many tries have failed before, in a row.
    """

    id: int
    commit: str
    url: str
    archive: str
    tries: int = 0


@dataclass(frozen=True)
class StoredArchive:
    """A complete archive and what it contains."""

    archive: str
    archive_bytes: int
    sha256: str
    unpacked_bytes: int
    files: int
    lfs_pointers: int
    submodules: int


Status = Literal["stored", "unavailable", "failed", "rate_limited", "not_tried", "storage_error"]


@dataclass(frozen=True)
class FetchResult:
    """The result of a job.

    Attributes:
        id: of the repository.
        archive: the job's.
        status: `stored`; `unavailable`: for good; `failed`: another try may work; `rate_limited`:
            the host asks all workers to wait; `not_tried`: because of that, or because the crawl is
            ending; `storage_error`: the crawl's folder cannot be written to.
        reason: why the archive was not stored.
        wait: seconds to wait before the next try.
        stored: the archive, if it was stored.
    """

    id: int
    archive: str
    status: Status
    reason: str = ""
    wait: float = 0.0
    stored: StoredArchive | None = None

    def to_json(self) -> str:
        """The result as JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "FetchResult":
        """The inverse of `to_json`."""
        value: dict[str, Any] = json.loads(text)
        stored = value.pop("stored")
        return FetchResult(**value, stored=StoredArchive(**stored) if stored else None)


class FetchExecutor(Protocol):
    """Runs jobs: in threads of this process, or on the workers of a Beam runner."""

    def run(self, jobs: Sequence[FetchJob]) -> Iterator[FetchResult]:
        """Run jobs and yield their results in any order, as they arrive.

        A job without a result was lost with its worker; the caller runs it again.

        Raises:
            CodecorpusError: the workers cannot continue.
        """

    def stop(self) -> None:
        """Make `run` end soon; called from another thread."""


def archive_name(name: str, commit: str) -> str:
    """The path of a repository's archive, relative to the crawl's folder."""
    return f"{ARCHIVES}/{name}@{commit[:12]}.tar.gz"
