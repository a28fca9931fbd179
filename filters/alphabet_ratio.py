"""The rule `alphabet_ratio`."""

from typing import ClassVar

from pydantic import Field

from codecorpus.filters.rule import Ratio, RatioBounds, Threshold

MIN_RATIO = 0.40


class AlphabetRatio(Threshold[RatioBounds]):
    """Keeps files in which at least 40 % of the characters are letters.

    A file with fewer letters is usually a table of numbers, encoded data or ASCII art.

    Source: CodeGeeX (arXiv 2303.17568 and its README) drops files with fewer than 40 % alphabetic
    letters, without defining letters or the total. Here letters are the code points of Unicode
    category L (in one frozen table), the total is all code points, white space included, and
    exactly 40 % passes.
    """

    signal: ClassVar[str] = "alphabet_ratio"

    min: Ratio | None = Field(
        default=MIN_RATIO,
        description="Smallest share of letters that passes; null: no limit.",
        examples=[0.25],
    )
    max: Ratio | None = Field(
        default=None,
        description="Largest share of letters that passes; null: no limit.",
        examples=[0.95],
    )
