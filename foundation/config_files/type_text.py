"""What the types of a recipe's keys say in words: for error messages and the reference page."""

import types
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from codecorpus.filters.rule import Rule
from codecorpus.filters.rules import RULES
from codecorpus.pipelines.sources.registry import SOURCES
from codecorpus.pipelines.sources.settings import SourceSettings

Annotation = Any
"""A type as it is written behind a name; such types have no type in common."""

_NO_LIMIT = 2**31 - 1
"""Upper bounds from here on only keep numbers storable; they are not worth a word."""


def _origin(annotation: Annotation) -> Annotation:
    """What stands before the brackets; without the types that mypy infers wrongly here."""
    return get_origin(annotation)


def annotation_of(field: FieldInfo) -> Annotation:
    """A model's field as one annotation, its constraints and texts attached."""
    return Annotated[field.annotation, field]


def expected(annotation: Annotation) -> str:
    """What a value of this type must be: `a whole number of bytes from 1 to 1073741824`."""
    base, metadata, extra = unwrap(annotation)
    if "expects" in extra:
        return str(extra["expects"])
    if _origin(base) in (Union, types.UnionType):
        return ", or ".join(expected(member) for member in get_args(base))
    if _origin(base) is Literal:
        return _choice(get_args(base))
    if base in (int, float):
        return _number(base, metadata, extra)
    if _origin(base) in (tuple, list):
        return "a list"
    simple = {str: "text", bool: "`true` or `false`", type(None): "`null`"}
    return simple.get(base, "a mapping")


def unwrap(annotation: Annotation) -> tuple[Annotation, list[Any], dict[str, Any]]:
    """The bare type, its constraints, and what its fields' `json_schema_extra` say."""
    metadata: list[Any] = []
    extra: dict[str, Any] = {}
    while _origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        for item in more:
            if isinstance(item, FieldInfo):
                metadata += item.metadata
                if isinstance(item.json_schema_extra, dict):
                    extra = {**item.json_schema_extra, **extra}
            else:
                metadata.append(item)
    return annotation, metadata, extra


def unit(annotation: Annotation) -> str | None:
    """The unit of the number that may stand here."""
    extras = (unwrap(member)[2] for member in members(annotation))
    return next((str(extra["unit"]) for extra in extras if "unit" in extra), None)


def members(annotation: Annotation) -> list[Annotation]:
    """The types that a value may have, those of unions one by one."""
    base, _, _ = unwrap(annotation)
    if _origin(base) in (Union, types.UnionType):
        return [one for member in get_args(base) for one in members(member)]
    return [annotation]


def allows(annotation: Annotation, *kinds: type) -> bool:
    """Whether a value may be of one of these simple types."""
    return any(unwrap(member)[0] in kinds for member in members(annotation))


def choices(annotation: Annotation) -> list[str]:
    """The words that may stand here, if only some may."""
    bases = [unwrap(member)[0] for member in members(annotation)]
    return [
        word
        for base in bases
        if _origin(base) is Literal
        for word in get_args(base)
        if isinstance(word, str)
    ]


def keys(annotation: Annotation) -> Mapping[str, FieldInfo]:
    """The keys that a mapping of this type may have; empty if it is none, or any key may be."""
    for member in members(annotation):
        base = unwrap(member)[0]
        if isinstance(base, type) and issubclass(base, BaseModel):
            return base.model_fields
    return {}


def step(annotation: Annotation, key: str | int, value: object) -> Annotation:
    """The type of what stands under `key`; `object` where nothing is known.

    Args:
        annotation: the type of the mapping or list.
        key: a key or a position in it.
        value: the plain value that stands there; a source's type follows from it.
    """
    for member in members(annotation):
        base = unwrap(member)[0]
        if isinstance(key, str) and key in (known := keys(base)):
            return annotation_of(known[key])
        if _origin(base) is dict:
            inner = get_args(base)[1]
            return RULES.get(str(key), object) if unwrap(inner)[0] is Rule else inner
        if _origin(base) is tuple and isinstance(key, int):
            inner = get_args(base)[0]
            if unwrap(inner)[0] is SourceSettings and isinstance(value, dict):
                return SOURCES.get(str(value.get("type")), object)
            return inner
    return object


def _choice(values: tuple[object, ...]) -> str:
    words = [f"`{str(value).lower() if isinstance(value, bool) else value}`" for value in values]
    return words[0] if len(words) == 1 else f"one of {', '.join(words)}"


def _number(base: type, metadata: list[Any], extra: dict[str, Any]) -> str:
    limits: dict[str, Any] = {}
    for item in metadata:
        for name in ("ge", "gt", "le", "lt", "multiple_of"):
            if isinstance(item, annotated_types.BaseMetadata) and hasattr(item, name):
                limits[name] = getattr(item, name)
    text = "a whole number" if base is int else "a number"
    if "unit" in extra:
        text += f" of {extra['unit']}" if "share" not in extra["unit"] else f", a {extra['unit']},"
    low, high = limits.get("ge"), limits.get("le")
    if high is None or high >= _NO_LIMIT:
        text += f" from {low} on" if low is not None else ""
    elif "gt" in limits:
        text += f" above {limits['gt']} and up to {high}"
    else:
        text += f" from {low} to {high}"
    return text + (f", a multiple of {limits['multiple_of']}" if "multiple_of" in limits else "")
