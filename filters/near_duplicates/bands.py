"""How many bands of how many rows: which pairs meet in at least one bucket.

A pair of similarity s agrees in all `rows` positions of a band with probability s**rows, so it
becomes a candidate with probability 1 - (1 - s**rows)**bands (Leskovec, Rajaraman and Ullman,
Mining of Massive Datasets, section 3.4.2).
"""

from dataclasses import dataclass
from fractions import Fraction

from codecorpus.foundation.errors import UsageError

RECALL = Fraction(995, 1000)
"""Share of the pairs exactly at the threshold that must become candidates; of more similar pairs it
is more. Defaults that balance both kinds of error propose only about half of them."""

MOST_BANDS = 40
"""Every band costs a key of 8 bytes a file."""


@dataclass(frozen=True)
class Bands:
    """Bands of a signature.

    Attributes:
        bands: keys of a file.
        rows: positions that a key is made of.
    """

    bands: int
    rows: int

    def recall(self, similarity: float) -> float:
        """The share of pairs of this similarity, 0 to 1, that become candidates."""
        return float(_recall(exactly(similarity), self.bands, self.rows))


def choose(threshold: float, permutations: int) -> Bands:
    """The bands that propose the fewest pairs among those whose recall at `threshold` is enough.

    Of all choices with the wanted recall at the threshold, the one of most rows rises most
    steeply there, and so proposes the fewest pairs below it; of these, the one of fewest bands.
    Where no choice reaches `RECALL` (thresholds under 0.13 with 40 bands, or very few
    permutations), bands of one row are taken, which come closest; `Bands.recall(threshold)` tells.
    Decided in exact fractions, so that no machine's rounding matters.

    Args:
        threshold: the similarity from which files count as near duplicates; above 0, at most 1.
        permutations: bands * rows stays within it, and bands within `MOST_BANDS`.
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"threshold is {threshold}; expected above 0 and at most 1, such as 0.85")
    if permutations < 1:
        raise UsageError(f"permutations is {permutations}; expected at least 1, such as 256")
    similarity = exactly(threshold)
    for rows in range(_most_rows(threshold, permutations), 0, -1):
        most = min(permutations // rows, MOST_BANDS)
        if _recall(similarity, most, rows) >= RECALL:
            bands = next(b for b in range(1, most + 1) if _recall(similarity, b, rows) >= RECALL)
            return Bands(bands, rows)
    return Bands(min(permutations, MOST_BANDS), 1)


def _recall(similarity: Fraction, bands: int, rows: int) -> Fraction:
    return 1 - (1 - similarity**rows) ** bands


def _most_rows(threshold: float, permutations: int) -> int:
    """Rows past which `MOST_BANDS` bands cannot reach the recall.

    They need bands that agree with probability 0.124; 0.1 leaves room for rounding.
    """
    rows = 1
    while rows < permutations and threshold ** (rows + 1) > 0.1:
        rows += 1
    return rows


def exactly(number: float) -> Fraction:
    """The decimal fraction that was written: 0.7 is seven tenths."""
    return Fraction(str(float(number)))
