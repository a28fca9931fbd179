"""What the crawl and its workers say to each other: an order to fetch, a delivery of what came.

Both are small and plain data, so that they cross processes and machines. A worker knows no token,
no state and no waiting: it makes one attempt at an order and says what came of it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from codecorpus.pipelines.crawl.settings import CrawlSettings

ARCHIVES: Final = "repositories"
"""The folder of the archives, `owner/name@commit.tar.gz` in it."""
TEMPORARY: Final = "tmp"
"""The folder of archives that are on their way."""


@dataclass(frozen=True)
class Terms:
    """What holds for all orders of a crawl.

    Attributes:
        out: the crawl's folder, which all workers reach under this path.
        most: archives and the sum of their files must be smaller, in bytes.
        timeout: seconds of silence after which a server has stalled.
        archive_seconds: how long one archive may take.
    """

    out: str
    most: int
    timeout: float
    archive_seconds: float

    @staticmethod
    def of(settings: CrawlSettings, out: Path) -> "Terms":
        """The terms of a recipe."""
        return Terms(
            str(out.absolute()),
            settings.max_repository_bytes,
            settings.timeout_seconds,
            settings.archive_seconds,
        )


@dataclass(frozen=True)
class Order:
    """An archive to fetch.

    Attributes:
        id: of the repository.
        commit: that the archive must be of.
        url: where it is; asking there needs no token.
        archive: its name below the crawl's folder.
        tries: how often it was tried before, one time after the other.
    """

    id: int
    commit: str
    url: str
    archive: str
    tries: int = 0


@dataclass(frozen=True)
class Stored:
    """An archive that was fetched, and what is in it."""

    archive: str
    archive_bytes: int
    sha256: str
    unpacked_bytes: int
    files: int
    lfs_pointers: int
    submodules: int


Kind = Literal["stored", "gone", "later", "limited", "held", "storage"]


@dataclass(frozen=True)
class Delivery:
    """What came of an order.

    Attributes:
        id: of the repository.
        archive: the order's.
        kind: `stored`; `gone`: it cannot be had; `later`: it may be had later; `limited`: the host
            wants to be left alone, by all; `held`: not tried, because of that or because the crawl
            ends; `storage`: the crawl's folder cannot be written to.
        reason: why nothing was stored.
        wait: seconds that should go by before the next try.
        stored: what was.
    """

    id: int
    archive: str
    kind: Kind
    reason: str = ""
    wait: float = 0.0
    stored: Stored | None = None

    def to_json(self) -> str:
        """As text, for a file."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> "Delivery":
        """A delivery from what `to_json` gave."""
        value: dict[str, Any] = json.loads(text)
        stored = value.pop("stored")
        return Delivery(**value, stored=Stored(**stored) if stored else None)


class Carrier(Protocol):
    """Has orders carried out: by threads here, or by the workers of an engine."""

    def carry(self, orders: Sequence[Order]) -> Iterator[Delivery]:
        """Carry out some orders; what came of each, in any order, as it comes.

        An order of which nothing is heard was lost, and is given again.

        Raises:
            CodecorpusError: the workers cannot go on.
        """

    def stop(self) -> None:
        """End `carry` soon, from another thread."""


def archive_name(name: str, commit: str) -> str:
    """Where an archive lies in the crawl's folder."""
    return f"{ARCHIVES}/{name}@{commit[:12]}.tar.gz"
