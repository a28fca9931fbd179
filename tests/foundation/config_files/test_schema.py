"""Types are described in words, with their units, limits and choices."""

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from codecorpus.foundation.config_files.schema import Schema

Bytes = Annotated[int, Field(ge=0, le=2**63 - 1, json_schema_extra={"unit": "bytes"})]


class Adam(BaseModel):
    type: Literal["adam"] = "adam"
    beta: float = 0.9


class Sgd(BaseModel):
    type: Literal["sgd"] = "sgd"
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Model(BaseModel):
    """A model with a field of each type."""

    whole: int
    number: float
    size: Bytes
    small: Annotated[int, Field(ge=16, le=64, multiple_of=8)]
    fraction: Annotated[float, Field(ge=0, lt=1)]
    positive: Annotated[float, Field(gt=0)]
    dropout: Annotated[float, Field(gt=0, le=0.5)]
    least: Annotated[int, Field(ge=1)]
    most: Annotated[float, Field(le=1)]
    share: Annotated[float, Field(ge=0, le=1, json_schema_extra={"unit": "share of rows"})]
    text: str
    path: Path
    switch: bool
    one: Literal["a"]
    several: Literal["a", "b", False]
    limit: Bytes | None
    items: list[int]
    table: dict[str, float]
    nested: Sgd
    either: Annotated[Adam | Sgd, Field(discriminator="type")]
    special: int = Field(json_schema_extra={"expects": "a prime"})
    anything: Any


SCHEMA = Schema.of(Model)


@pytest.mark.parametrize(
    ("key", "description"),
    [
        ("whole", "a whole number"),
        ("number", "a number"),
        ("size", "a whole number of bytes, at least 0"),
        ("small", "a whole number from 16 to 64, a multiple of 8"),
        ("fraction", "a number from 0 to below 1"),
        ("positive", "a number above 0"),
        ("dropout", "a number above 0 and up to 0.5"),
        ("least", "a whole number, at least 1"),
        ("most", "a number up to 1"),
        ("share", "a number, a share of rows, from 0 to 1"),
        ("text", "text"),
        ("path", "text"),
        ("switch", "`true` or `false`"),
        ("one", "`a`"),
        ("several", "one of `a`, `b`, `false`"),
        ("limit", "a whole number of bytes, at least 0, or `null`"),
        ("items", "a list"),
        ("table", "a mapping"),
        ("nested", "a mapping"),
        ("either", "a mapping"),
        ("special", "a prime"),
        ("anything", ""),
        ("unknown", ""),
    ],
)
def test_a_type_is_described(key: str, description: str) -> None:
    assert SCHEMA.child(key).expected() == description


def test_the_unit_and_the_kinds_of_values_are_found_in_unions() -> None:
    assert SCHEMA.child("limit").unit() == "bytes"
    assert SCHEMA.child("limit").allows("integer")
    assert not SCHEMA.child("limit").allows("string")
    assert not SCHEMA.child("one").allows("string")
    assert SCHEMA.child("whole").unit() is None


def test_the_words_allowed_are_the_choices() -> None:
    assert SCHEMA.child("several").choices() == ["a", "b"]


def test_keys_are_listed_in_the_order_of_the_fields() -> None:
    assert SCHEMA.known_keys()[:3] == ["whole", "number", "size"]
    assert SCHEMA.child("nested").known_keys() == ["type", "momentum"]
    assert SCHEMA.child("table").known_keys() == []


def test_children_of_lists_and_tables_have_the_type_of_their_items() -> None:
    assert SCHEMA.child("items").child(0).expected() == "a whole number"
    assert SCHEMA.child("table").child("any").expected() == "a number"


def test_a_tag_chooses_the_member_of_a_union() -> None:
    either = SCHEMA.child("either")
    assert list(either.tags()) == ["adam", "sgd"]
    assert either.tagged("sgd").known_keys() == ["type", "momentum"]
    assert either.child("type").expected() == "one of `adam`, `sgd`"
