"""What every rule is: typed parameters, and a pure decision over columns.

A rule sees a batch of signals (one row a file) and says which rows fail, and under which detail of
its reason. It never sees text: what it needs of the text, the shared passes have measured before.
Limits are compared in the signal's own type, so a size in bytes is compared exactly, however large.
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from codecorpus.filters.language_names import Language

Mask = NDArray[np.bool_]

Bytes = Annotated[int, Field(strict=True, ge=0, le=2**63 - 1, json_schema_extra={"unit": "bytes"})]
"""A whole number of bytes that an int64 signal can be compared with."""
Characters = Annotated[
    int, Field(strict=True, ge=0, le=2**63 - 1, json_schema_extra={"unit": "characters"})
]
"""A whole number of characters (code points)."""
MeanCharacters = Annotated[
    float, Field(strict=True, ge=0, allow_inf_nan=False, json_schema_extra={"unit": "characters"})
]
"""An average number of characters (code points)."""
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
"""A share of a text's characters (code points), from 0 to 1."""

REFUSED = "refused"
"""The type of errors whose message says what is wrong with a value, what to write, and why."""


class Failure(NamedTuple):
    """Rows of a batch that fail a rule for one reason."""

    detail: str
    rows: Mask


class Rule(BaseModel):
    """A rule of a recipe; its fields are what the recipe may set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def failures(self, signals: pa.RecordBatch) -> Iterable[Failure]:
        """Which rows fail, in the order in which the details are looked for.

        Args:
            signals: one row a file; the columns of `filters.signals.SCHEMA`.
        """
        raise NotImplementedError

    @classmethod
    def details(cls) -> tuple[str, ...]:
        """The details that `failures` gives, in its order; one in <> stands for many."""
        return ("<detail>",)


_LOWEST = Field(
    default=None, description="Smallest value that passes; left out: the rule's; null: no limit."
)
_HIGHEST = Field(
    default=None, description="Largest value that passes; left out: the rule's; null: no limit."
)


class Bounds(BaseModel):
    """Limits of one signal in some language; both are themselves allowed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    min: float | None = None
    max: float | None = None


class ByteBounds(Bounds):
    """Limits of a size."""

    min: Bytes | None = _LOWEST
    max: Bytes | None = _HIGHEST


class CharacterBounds(Bounds):
    """Limits of a number of characters."""

    min: Characters | None = _LOWEST
    max: Characters | None = _HIGHEST


class MeanBounds(Bounds):
    """Limits of an average number of characters."""

    min: MeanCharacters | None = _LOWEST
    max: MeanCharacters | None = _HIGHEST


class RatioBounds(Bounds):
    """Limits of a share of characters."""

    min: Ratio | None = _LOWEST
    max: Ratio | None = _HIGHEST


BoundsOf = TypeVar("BoundsOf", bound=Bounds)


class Threshold(Rule, Generic[BoundsOf]):
    """A rule that keeps files whose signal lies between two limits, both allowed.

    A null limit is none. A null signal (the text is empty, or was not read) fails no threshold. A
    row whose language is null, or not among `languages`, has the rule's own limits. The limits of a
    language are completed by the rule's when the rule is made, so a rule shows all it does.

    A subclass names its signal, and gives `min` and `max` their type and defaults.
    """

    signal: ClassVar[str]
    """The column of `filters.signals.SCHEMA` that the limits apply to."""

    min: float | None = None
    max: float | None = None
    languages: dict[Language, BoundsOf] = Field(
        default={},
        description="Other limits for some languages, by name; one left out stays the rule's.",
        examples=[{"HTML": {"max": None}}],
        json_schema_extra={"expects": "a mapping of languages to {min, max}"},
    )

    @field_validator("languages")
    @classmethod
    def _complete(cls, languages: dict[str, BoundsOf], info: ValidationInfo) -> dict[str, BoundsOf]:
        """Give each language the rule's limits where it sets none; null stays none."""
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
    def _check_order(self) -> "Threshold[BoundsOf]":
        _refuse_crossed(self.min, self.max)
        for name, bounds in self.languages.items():
            _refuse_crossed(bounds.min, bounds.max, "languages", name)
        return self

    def limits_of(self, language: str | None) -> tuple[float | None, float | None]:
        """The smallest and the largest value that pass in a language; None: no limit."""
        bounds = self.languages.get(language) if language is not None else None
        return (self.min, self.max) if bounds is None else (bounds.min, bounds.max)

    def failures(self, signals: pa.RecordBatch) -> Iterable[Failure]:
        """Rows below `min`, then rows above `max`."""
        values = signals.column(self.signal)
        language = signals.column("language")
        low = self._limits("min", values.type, language)
        high = self._limits("max", values.type, language)
        yield Failure("min", _true(pc.less(values, low)))
        yield Failure("max", _true(pc.greater(values, high)))

    @classmethod
    def details(cls) -> tuple[str, ...]:
        """`min` and `max`."""
        return ("min", "max")

    def _limits(self, which: str, kind: pa.DataType, language: pa.Array) -> pa.Array | pa.Scalar:
        """The limit of each row as a scalar or an array of `kind`, null where there is none."""
        general = pa.scalar(getattr(self, which), kind)
        if not self.languages:
            return general
        special = pa.array([getattr(bounds, which) for bounds in self.languages.values()], kind)
        found = pc.index_in(language, pa.array(list(self.languages), pa.string()))
        return pc.if_else(pc.is_valid(found), special.take(found), general)


def refusal(message: str, *where: str | int, got: object = None) -> ValidationError:
    """A validator's error about the value at `where` below it; `message` goes to people as is."""
    return ValidationError.from_exception_data(
        "recipe",
        [
            InitErrorDetails(
                type=PydanticCustomError(REFUSED, "{message}", {"message": message}),
                loc=where,
                input=got,
            )
        ],
    )


def _refuse_crossed(low: float | None, high: float | None, *where: str | int) -> None:
    if low is not None and high is not None and low > high:
        shown = [str(limit).removesuffix(".0") for limit in (low, high)]
        raise refusal(f"min {shown[0]} is above max {shown[1]}, so no file would pass", *where)


def _true(values: pa.Array) -> Mask:
    """A boolean array as a mask, null as False."""
    mask: Mask = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return mask
