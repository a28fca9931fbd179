"""The rule `whitespace_ratio`."""

from typing import ClassVar

from pydantic import Field

from codecorpus.filters.rule import Ratio, RatioBounds, Threshold

MAX_RATIO = 0.50


class WhitespaceRatio(Threshold[RatioBounds]):
    """Keeps files of which at most half the characters are white space.

    More white space means drawings, padded tables or broken indentation.

    Source: RefineCode (OpenCoder, arXiv 2411.04905) allows at most 50 % of white space. Here white
    space is the code points that Unicode calls so (spaces, tabs and line terminators among them),
    the share is of all code points, and exactly 50 % stays.
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
