"""Choose how many bands of how many rows: which pairs share at least one bucket.

A pair of similarity s agrees in all `rows` positions of a band with probability s**rows, so it
becomes a candidate with probability 1 - (1 - s**rows)**bands (Leskovec, Rajaraman and Ullman,
Mining of Massive Datasets, section 3.4.2).
"""

from dataclasses import dataclass
from fractions import Fraction

from codecorpus.foundation.errors import UsageError

MIN_RECALL = Fraction(995, 1000)
"""Share of the pairs exactly at the threshold that must become candidates; more similar pairs have
a higher recall. Common defaults, which balance both kinds of error, propose only about half."""

MAX_BANDS = 40
"""Each band costs a key of 8 bytes per file."""


@dataclass(frozen=True)
class Bands:
    """How a signature is divided into bands.

    Attributes:
        bands: number of bands, which is the number of keys of a file.
        rows: positions in a band.
    """

    bands: int
    rows: int

    def recall(self, similarity: float) -> float:
        """The share of pairs of this similarity, 0 to 1, that become candidates."""
        return float(_recall(as_fraction(similarity), self.bands, self.rows))


def choose_bands(threshold: float, permutations: int) -> Bands:
    """The bands that propose the fewest pairs and still recall `MIN_RECALL` at the threshold.

    Among the choices with enough recall, the one with the most rows has the steepest curve at the
    threshold, and so proposes the fewest pairs below it; among those, take the fewest bands. If no
    choice reaches `MIN_RECALL` (thresholds under 0.13 with 40 bands, or very few permutations), the
    result is bands of one row, which come closest; check `Bands.recall(threshold)`. Computed in
    exact fractions, so rounding on different machines does not matter.

    Args:
        threshold: similarity from which files count as near duplicates; above 0, at most 1.
        permutations: upper bound of bands * rows; bands is also at most `MAX_BANDS`.

    Raises:
        UsageError: an argument is out of range.
    """
    if not 0 < threshold <= 1:
        raise UsageError(f"threshold is {threshold}; expected above 0 and at most 1, such as 0.85")
    if permutations < 1:
        raise UsageError(f"permutations is {permutations}; expected at least 1, such as 256")
    similarity = as_fraction(threshold)
    for rows in range(_max_rows(threshold, permutations), 0, -1):
        limit = min(permutations // rows, MAX_BANDS)
        if _recall(similarity, limit, rows) < MIN_RECALL:
            continue
        enough = (b for b in range(1, limit + 1) if _recall(similarity, b, rows) >= MIN_RECALL)
        return Bands(next(enough), rows)
    return Bands(min(permutations, MAX_BANDS), 1)


def _recall(similarity: Fraction, bands: int, rows: int) -> Fraction:
    return 1 - (1 - similarity**rows) ** bands


def _max_rows(threshold: float, permutations: int) -> int:
    """An upper bound of the rows with which `MAX_BANDS` bands can reach the recall.

    A band must agree with probability 0.124 at least; 0.1 leaves room for rounding.
    """
    rows = 1
    while rows < permutations and threshold ** (rows + 1) > 0.1:
        rows += 1
    return rows


def as_fraction(number: float) -> Fraction:
    """The decimal number as written: 0.7 is seven tenths, not the nearest binary fraction."""
    return Fraction(str(float(number)))
