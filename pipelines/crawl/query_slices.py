"""How a search that finds too much is cut into searches that find little enough.

GitHub's search gives at most the first 1,000 results of a query (REST API, "Search"). A slice is a
box of creation times and stars in one language. One that finds more is cut in two, by time as long
as it spans more than a second, then by stars; the halves cover it without gap or overlap.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

MOST_RESULTS: Final = 1_000
"""Of a query, no more can be had."""
PAGE: Final = 100
"""Results asked for at once; the most that the API gives."""


@dataclass(frozen=True)
class Slice:
    """A box of repositories; all bounds belong to it.

    Attributes:
        language: as GitHub calls it.
        created_from, created_until: seconds since 1970, UTC.
        stars_from, stars_until: the latter None for no bound.
    """

    language: str
    created_from: int
    created_until: int
    stars_from: int
    stars_until: int | None = None

    def holds(self, created: int, stars: int) -> bool:
        """Whether a repository of its language belongs to it."""
        return (
            self.created_from <= created <= self.created_until
            and self.stars_from <= stars
            and (self.stars_until is None or stars <= self.stars_until)
        )


def halves(whole: Slice) -> tuple[Slice, Slice] | None:
    """The two halves of a slice; None for one second and one number of stars."""
    if whole.created_from < whole.created_until:
        middle = (whole.created_from + whole.created_until) // 2
        return replace(whole, created_until=middle), replace(whole, created_from=middle + 1)
    if whole.stars_until is None:
        middle = 2 * whole.stars_from + 1  # stars fall off as a power law does
    elif whole.stars_from < whole.stars_until:
        middle = (whole.stars_from + whole.stars_until) // 2
    else:
        return None
    return replace(whole, stars_until=middle), replace(whole, stars_from=middle + 1)


def query(box: Slice, qualifiers: tuple[str, ...] = ()) -> str:
    """The slice as a query of the repository search.

    Args:
        box: the slice.
        qualifiers: more of them, the same for all slices.
    """
    upper = "*" if box.stars_until is None else str(box.stars_until)
    language = f'"{box.language}"' if " " in box.language else box.language
    parts = [
        f"language:{language}",
        f"created:{_spell(box.created_from)}..{_spell(box.created_until)}",
        f"stars:{box.stars_from}..{upper}",
    ]
    return " ".join((*parts, *qualifiers))


def _spell(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
