"""The rule `whitespace_ratio`."""

from typing import ClassVar

from pydantic import Field

from codecorpus.filters.rule import Ratio, RatioBounds, Threshold

MAX_RATIO = 0.50


class WhitespaceRatio(Threshold[RatioBounds]):
    """Keeps files in which at most half of the characters are white space.

    A file with more white space is usually ASCII art, a padded table or badly indented.

    Source: RefineCode (OpenCoder, arXiv 2411.04905) allows at most 50 % of white space. Here white
    space is the code points with Unicode's White_Space property (spaces, tabs and line terminators
    among them), the total is all code points, and exactly 50 % passes.
    """

    signal: ClassVar[str] = "whitespace_ratio"

    min: Ratio | None = Field(
        default=None,
        description="Smallest share of white space that passes; null: no limit.",
        examples=[0.01],
    )
    max: Ratio | None = Field(
        default=MAX_RATIO,
        description="Largest share of white space that passes; null: no limit.",
        examples=[0.5],
    )
