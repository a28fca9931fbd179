"""The rule `longest_line`."""

from typing import ClassVar

from pydantic import Field

from codecorpus.filters.rule import CharacterBounds, Characters, Threshold

MAX_CHARACTERS = 1_000


class LongestLine(Threshold[CharacterBounds]):
    """Keeps files whose longest line has at most 1,000 characters.

    A very long line among short ones is usually embedded data.

    Source: CodeParrot's scripts and StarCoder (arXiv 2305.06161) drop files with a line of more
    than 1,000 characters; CodeGeeX has no such rule. Here characters are code points, line
    terminators do not count, and exactly 1,000 passes.
    """

    signal: ClassVar[str] = "longest_line"

    min: Characters | None = Field(
        default=None,
        description="Smallest length of the longest line that passes; null: no limit.",
        examples=[10],
    )
    max: Characters | None = Field(
        default=MAX_CHARACTERS,
        description="Largest length of the longest line that passes; null: no limit.",
        examples=[1_000],
    )
