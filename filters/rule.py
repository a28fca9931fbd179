"""The base classes of rules: typed parameters, and a pure decision over columns.

A rule takes a batch of signals (one row per file) and returns which rows fail, and why. It never
sees the text: the passes shared by all rules have measured it before. Limits are compared in the
signal's own type, so even large sizes in bytes are compared exactly.
"""

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from codecorpus.filters.language_names import Language
from codecorpus.filters.masks import Mask, to_mask
from codecorpus.foundation.config_files.refusals import refusal

Bytes = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1, json_schema_extra={"unit": "bytes"})]
"""A number of bytes, in the range of an int64 signal."""
Characters = Annotated[
    int, Field(strict=True, ge=0, le=2**63 - 1, json_schema_extra={"unit": "characters"})
]
"""A number of characters (code points)."""
MeanCharacters = Annotated[
    float, Field(strict=True, ge=0, allow_inf_nan=False, json_schema_extra={"unit": "characters"})
]
"""A mean number of characters (code points)."""
Ratio = Annotated[
    float,
    Field(
        strict=True,
        ge=0,
        le=1,
        allow_inf_nan=False,
        json_schema_extra={"unit": "share of the characters"},
    ),
]
"""A share of the characters (code points) of a text, from 0 to 1."""


class Failure(NamedTuple):
    """The rows of a batch that fail a rule for one reason.

    Attributes:
        detail: the second part of the reason `rule.detail`.
        rows: bool[n].
    """

    detail: str
    rows: Mask


class Rule(BaseModel):
    """A rule; its fields are the keys that a recipe may set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def failures(self, signals: pa.RecordBatch) -> Iterable[Failure]:
        """The rows that fail, in the order of `details`.

        Args:
            signals: one row per file, with the columns of `filters.signals.SCHEMA`.
        """
        raise NotImplementedError

    @classmethod
    def details(cls) -> tuple[str, ...]:
        """All details that `failures` may return, in its order; `<name>` is a placeholder."""
        return ("<detail>",)


Limit = TypeVar("Limit", bound=float)


class Bounds(BaseModel, Generic[Limit]):
    """Limits of a signal in one language; both limits are inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: Limit | None = Field(
        default=None, description="Smallest value that passes; default: the rule's; null: no limit."
    )
    max: Limit | None = Field(
        default=None, description="Largest value that passes; default: the rule's; null: no limit."
    )


# Named classes, because pickle cannot find `Bounds[Bytes]`, and recipes are sent to workers.
class ByteBounds(Bounds[Bytes]):
    """Limits of a size in bytes."""


class CharacterBounds(Bounds[Characters]):
    """Limits of a number of characters."""


class MeanBounds(Bounds[MeanCharacters]):
    """Limits of a mean number of characters."""


class RatioBounds(Bounds[Ratio]):
    """Limits of a share of the characters."""


BoundsT = TypeVar("BoundsT", bound=Bounds[Any])


class Threshold(Rule, Generic[BoundsT]):
    """A rule that keeps files whose signal is between two inclusive limits.

    A null limit means no limit. A null signal (the text is empty, or was not read) never fails.
    Rows whose language is null or not in `languages` have the rule's general limits. Limits that
    `languages` leaves out are filled in when the rule is created, so a dumped rule is explicit.

    A subclass names its signal and sets the type and default of `min` and `max`.
    """

    signal: ClassVar[str]
    """The column of `filters.signals.SCHEMA` that the limits apply to."""

    min: float | None = None
    max: float | None = None
    languages: dict[Language, BoundsT] = Field(
        default={},
        description="Limits for single languages; a limit left out is the rule's.",
        examples=[{"HTML": {"max": None}}],
        json_schema_extra={"expects": "a mapping of languages to {min, max}"},
    )

    @field_validator("languages")
    @classmethod
    def _fill_in_limits(
        cls, languages: dict[str, BoundsT], info: ValidationInfo
    ) -> dict[str, BoundsT]:
        """Give each language the rule's limits where it sets none itself; null is kept."""
        general = {which: info.data.get(which) for which in ("min", "max")}
        return {
            name: bounds.model_copy(
                update={
                    which: limit
                    for which, limit in general.items()
                    if which not in bounds.model_fields_set
                }
            )
            for name, bounds in languages.items()
        }

    @model_validator(mode="after")
    def _check_order(self) -> "Threshold[BoundsT]":
        _refuse_crossed(self.min, self.max)
        for name, bounds in self.languages.items():
            _refuse_crossed(bounds.min, bounds.max, "languages", name)
        return self

    def limits_of(self, language: str | None) -> tuple[float | None, float | None]:
        """The smallest and the largest value that pass in a language; None: no limit."""
        bounds = self.languages.get(language) if language is not None else None
        return (self.min, self.max) if bounds is None else (bounds.min, bounds.max)

    def failures(self, signals: pa.RecordBatch) -> Iterable[Failure]:
        """The rows below `min`, then the rows above `max`."""
        values = signals.column(self.signal)
        language = signals.column("language")
        low = self._limits("min", values.type, language)
        high = self._limits("max", values.type, language)
        yield Failure("min", to_mask(pc.less(values, low)))
        yield Failure("max", to_mask(pc.greater(values, high)))

    @classmethod
    def details(cls) -> tuple[str, ...]:
        """`min` and `max`."""
        return ("min", "max")

    def _limits(self, which: str, kind: pa.DataType, language: pa.Array) -> pa.Array | pa.Scalar:
        """The limit of all rows (scalar) or of each row (array), of type `kind`; null: no limit."""
        general = pa.scalar(getattr(self, which), kind)
        if not self.languages:
            return general
        special = pa.array([getattr(bounds, which) for bounds in self.languages.values()], kind)
        index = pc.index_in(language, pa.array(list(self.languages), pa.string()))
        return pc.if_else(pc.is_valid(index), special.take(index), general)


def _refuse_crossed(low: float | None, high: float | None, *where: str | int) -> None:
    if low is not None and high is not None and low > high:
        shown = [str(limit).removesuffix(".0") for limit in (low, high)]
        raise refusal(f"min {shown[0]} is above max {shown[1]}, so no file would pass", *where)
