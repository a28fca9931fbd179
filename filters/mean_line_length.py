"""The rule `mean_line_length`."""

from typing import ClassVar

from pydantic import Field

from codecorpus.filters.language_names import Language
from codecorpus.filters.rule import MeanBounds, MeanCharacters, Threshold

MAX_CHARACTERS = 100.0


class MeanLineLength(Threshold[MeanBounds]):
    """Keeps files whose lines have at most 100 characters on average.

    Files with longer lines are usually minified code, encoded data or tables.

    Source: CodeGeeX (arXiv 2303.17568 and its README) drops files with more than 100 characters per
    line on average; CodeParrot and StarCoder (arXiv 2305.06161) use the same limit. None of them
    defines what counts. Here characters are code points, line terminators do not count, a
    terminator at the end of the text does not start another line, empty lines count, and exactly
    100 passes.
    """

    signal: ClassVar[str] = "mean_line_length"

    min: MeanCharacters | None = Field(
        default=None,
        description="Smallest mean that passes; null: no limit.",
        examples=[5],
    )
    max: MeanCharacters | None = Field(
        default=MAX_CHARACTERS,
        description="Largest mean that passes; null: no limit.",
        examples=[100],
    )
    languages: dict[Language, MeanBounds] = Field(
        default={},
        description="Limits for single languages; a limit left out is the rule's. "
        "HTML, for example, has longer lines.",
        examples=[{"HTML": {"max": 300}}],
        json_schema_extra={"expects": "a mapping of languages to {min, max}"},
    )
