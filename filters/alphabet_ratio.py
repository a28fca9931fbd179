"""The rule `alphabet_ratio`."""

from typing import ClassVar

from pydantic import Field

from codecorpus.filters.rule import Ratio, RatioBounds, Threshold

MIN_RATIO = 0.40


class AlphabetRatio(Threshold[RatioBounds]):
    """Keeps files of which at least 40 % of the characters are letters.

    Fewer letters mean tables of numbers, encoded data or drawings rather than code.

    Source: CodeGeeX (arXiv 2303.17568 and its README) drops files with fewer than 40 % alphabetic
    letters, and leaves open what a letter is and of what the share is. Here letters are the code
    points of Unicode category L (by one frozen table), the share is of all code points, white space
    included, and exactly 40 % stays.
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
