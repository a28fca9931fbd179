"""The rule `digit_ratio`."""

from typing import ClassVar

from pydantic import Field

from codecorpus.filters.rule import Ratio, RatioBounds, Threshold

MAX_RATIO = 0.20


class DigitRatio(Threshold[RatioBounds]):
    """Keeps files in which at most 20 % of the characters are digits.

    A file with more digits is usually a table, coordinates or a dump.

    Source: RefineCode (OpenCoder, arXiv 2411.04905) allows at most 20 % of digits. Here digits are
    the code points of Unicode category N (so `²` and `Ⅷ` count), the total is all code points, and
    exactly 20 % passes.
    """

    signal: ClassVar[str] = "digit_ratio"

    min: Ratio | None = Field(
        default=None,
        description="Smallest share of digits that passes; null: no limit.",
        examples=[0.01],
    )
    max: Ratio | None = Field(
        default=MAX_RATIO,
        description="Largest share of digits that passes; null: no limit.",
        examples=[0.2],
    )
