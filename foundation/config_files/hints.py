"""Translate validation errors into mistakes at the lines that the user wrote.

Each mistake says what was found, what was expected and, where possible, what to write instead.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from codecorpus.foundation.config_files.errors import Mistake
from codecorpus.foundation.config_files.refusals import REFUSED
from codecorpus.foundation.config_files.schema import Schema
from codecorpus.foundation.config_files.suggestions import nearest
from codecorpus.foundation.config_files.yaml_tree import Node, describe_value

Path = tuple[str | int, ...]

_MULTIPLES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)i?b(?:ytes?)?|([0-9]+)\s*bytes?", re.IGNORECASE
)


@dataclass(frozen=True)
class Hints:
    """Facts about a kind of file that its model does not contain, for better messages.

    Attributes:
        expected: what the file must be.
        loading_keys: keys of the top level that are handled before validation.
        sections: where else a key may belong: the model of each section, by the words that a
            message uses for the section.
        placeholders: words that users write in braces, which YAML reads as a mapping.
    """

    expected: str = "a mapping of keys"
    loading_keys: Collection[str] = ()
    sections: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    placeholders: Collection[str] = ()


NO_HINTS = Hints()


@dataclass(frozen=True)
class _Found:
    """An error at the value that the user wrote.

    Attributes:
        details: the error.
        path: the value's keys.
        node: the value; if it is missing, the mapping that lacks it.
        owner: the type of the mapping or list that contains it.
        schema: its own type.
    """

    details: ErrorDetails
    path: Path
    node: Node
    owner: Schema
    schema: Schema


def explain(
    error: ValidationError, tree: Node, model: type[BaseModel], hints: Hints
) -> list[Mistake]:
    """Return one mistake for each value of `tree`, validated as a `model`, that has an error."""
    root = Schema.of(model)
    found: dict[Path, _Found] = {}
    for details in error.errors(include_url=False):
        each = _locate(details, tree, root)
        if each.path not in found or details["type"] == REFUSED:
            found[each.path] = each
    return [
        Mistake(each.node.line, _text(each, hints))
        for path, each in found.items()
        if not any(path == other[: len(path)] for other in found if len(other) > len(path))
    ]


def format_path(path: Sequence[str | int]) -> str:
    """Return a path of keys as messages show it: `sources[0].paths`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def _locate(details: ErrorDetails, tree: Node, root: Schema) -> _Found:
    """Follow an error's location, in which pydantic mixes names of types and tags with keys."""
    keys = list(details["loc"])
    if details["type"] in ("union_tag_invalid", "union_tag_not_found"):
        keys.append(details["ctx"]["discriminator"].strip("'"))
    last = len(keys) - 1 if details["type"] in ("missing", "union_tag_not_found") else None
    path: Path = ()
    node, owner, schema = tree, root, root
    for index, key in enumerate(keys):
        inner = _inner(node, key)
        if isinstance(key, str) and key in schema.tags():
            schema = schema.tagged(key)
        elif inner is not None or index == last:
            path = (*path, key)
            node, owner, schema = inner or node, schema, schema.child(key)
    return _Found(details, path, node, owner, schema)


def _inner(node: Node, key: str | int) -> Node | None:
    if isinstance(node.value, dict):
        return node.value.get(str(key))
    if isinstance(node.value, list) and isinstance(key, int) and key < len(node.value):
        return node.value[key]
    return None


def _text(found: _Found, hints: Hints) -> str:
    kind, name = found.details["type"], format_path(found.path)
    if kind == REFUSED:
        text = found.details["msg"]
    elif kind in ("missing", "union_tag_not_found"):
        return f"{name} is missing; expected {found.schema.expected()}"
    elif kind == "extra_forbidden":
        name = format_path(found.path[:-1])
        text = _unknown_key(found, hints)
    elif kind in ("value_error", "assertion_error"):
        text = str(found.details.get("ctx", {}).get("error", found.details["msg"]))
    else:
        expected = found.schema.expected() or found.details["msg"]
        text = f"got {describe_value(found.node)}; expected {expected}"
        hint = _hint(found.node, found.schema, expected, hints.placeholders)
        text += f"; {hint}" if hint else ""
    return f"{name}: {text}" if name else text


def _unknown_key(found: _Found, hints: Hints) -> str:
    key = str(found.path[-1])
    known = [*found.owner.known_keys(), *(hints.loading_keys if len(found.path) == 1 else ())]
    sections = [name for name, section in hints.sections.items() if key in section.model_fields]
    like = nearest(key, known)
    hint = f"; did you mean `{like}`?" if like else ""
    if sections:
        hint = f"; `{key}` belongs in {' or '.join(sections)}"
    return f"unknown key `{key}`; expected {', '.join(known)}{hint}"


def _hint(node: Node, schema: Schema, expected: str, placeholders: Collection[str]) -> str:
    """Suggest what to write instead, if the value shows what was meant; else empty."""
    value = node.value
    if isinstance(value, str) and schema.allows("integer", "number"):
        return _number_hint(value.strip(), schema, quoted=node.quoted)
    if isinstance(value, str) and (like := nearest(value, schema.choices())):
        return f"did you mean `{like}`?"
    if isinstance(value, float) and value.is_integer() and schema.allows("integer"):
        return f"write {int(value)}"
    if isinstance(value, dict) and len(value) == 1 and schema.allows("string"):
        (word,) = value
        if word in placeholders:
            return f"""YAML takes braces for a mapping: write "{{{word}}}" in quotes"""
    if isinstance(value, str | dict) and expected.startswith("a list"):
        return f"write [{value}]" if isinstance(value, str) else "begin each entry with `- `"
    is_scalar = not isinstance(value, dict | list) and node.written
    return "put text in quotes" if is_scalar and schema.allows("string") else ""


def _number_hint(text: str, schema: Schema, *, quoted: bool) -> str:
    whole = schema.allows("integer")
    size = _SIZE.fullmatch(text)
    if size and schema.unit() == "bytes":
        number = float(size[1] or size[3]) * _MULTIPLES[(size[2] or "").lower()]
        return f"write {int(number)}, in bytes (1 KB is 1,024)"
    if text.endswith("%") and _as_float(text[:-1]) is not None and not whole:
        return f"write {float(text[:-1]) / 100:g}"
    number_text = text.replace(",", "").replace("_", "")
    number_read = _as_float(number_text)
    if number_read is None:
        return ""
    if quoted and number_text == text:
        return f"drop the quotes: {text}"
    if whole and number_read.is_integer():
        return f"write {int(number_read)}"
    return f"write {number_read!r}"


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
