"""Splits a search with too many results into searches with few enough.

GitHub's search returns at most the first 1,000 results of a query (REST API, "Search"). A slice
covers a range of creation times and a range of stars in one language. A slice with more results is
split in two: by time as long as it spans more than one second, then by stars. The halves cover the
slice without gap or overlap.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

MAX_RESULTS: Final = 1_000
"""The most results that the search returns for a query."""
PAGE_SIZE: Final = 100
"""Results per request; the most that the API allows."""


@dataclass(frozen=True)
class Slice:
    """The repositories of a language in a range of creation times and stars, bounds included.

    Attributes:
        language: as GitHub calls it.
        created_from, created_until: seconds since 1970, UTC.
        stars_from, stars_until: the latter None for no upper bound.
    """

    language: str
    created_from: int
    created_until: int
    stars_from: int
    stars_until: int | None = None

    def contains(self, created: int, stars: int) -> bool:
        """Whether a repository of the slice's language belongs to it."""
        return (
            self.created_from <= created <= self.created_until
            and self.stars_from <= stars
            and (self.stars_until is None or stars <= self.stars_until)
        )


def halves(whole: Slice) -> tuple[Slice, Slice] | None:
    """The two halves of a slice; None if it spans one second and one number of stars."""
    if whole.created_from < whole.created_until:
        middle = (whole.created_from + whole.created_until) // 2
        return replace(whole, created_until=middle), replace(whole, created_from=middle + 1)
    if whole.stars_until is None:
        middle = 2 * whole.stars_from + 1  # the numbers of stars follow a power law
    elif whole.stars_from < whole.stars_until:
        middle = (whole.stars_from + whole.stars_until) // 2
    else:
        return None
    return replace(whole, stars_until=middle), replace(whole, stars_from=middle + 1)


def search_query(part: Slice, qualifiers: tuple[str, ...] = ()) -> str:
    """The query of the repository search that finds a slice.

    Args:
        part: the slice.
        qualifiers: further search qualifiers, the same for all slices.
    """
    upper = "*" if part.stars_until is None else str(part.stars_until)
    language = f'"{part.language}"' if " " in part.language else part.language
    parts = [
        f"language:{language}",
        f"created:{_iso_time(part.created_from)}..{_iso_time(part.created_until)}",
        f"stars:{part.stars_from}..{upper}",
    ]
    return " ".join((*parts, *qualifiers))


def _iso_time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
