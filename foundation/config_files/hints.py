"""Translate validation errors into mistakes at the lines that the user wrote.

Each mistake says what was found, what was expected and, where possible, what to write instead.
"""

import re
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from codecorpus.filters.language_names import nearest
from codecorpus.filters.rule import REFUSED
from codecorpus.foundation.config_files import type_text
from codecorpus.foundation.config_files.errors import Mistake
from codecorpus.foundation.config_files.type_text import Annotation
from codecorpus.foundation.config_files.yaml_tree import Node, describe_value
from codecorpus.pipelines.recipe.model import Deduplicate, Encode, Recipe
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.placeholders import PLACEHOLDERS

Path = tuple[str | int, ...]

_MULTIPLES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(
    r"([0-9]+(?:\.[0-9]+)?)\s*([kmgt]?)i?b(?:ytes?)?|([0-9]+)\s*bytes?", re.IGNORECASE
)
_LOADING_KEYS = ("extends",)
"""Keys of a recipe's file that the resolved recipe no longer has."""


def explain(error: ValidationError, tree: Node, root: type[BaseModel] = Recipe) -> list[Mistake]:
    """Return one mistake for each node of `tree`, validated as a `root`, that has an error."""
    found: dict[Path, ErrorDetails] = {}
    for details in error.errors(include_url=False):
        path = _path(details["loc"], tree, missing=details["type"] == "missing")
        if path not in found or details["type"] == REFUSED:
            found[path] = details
    return [
        _mistake(path, details, tree, root)
        for path, details in found.items()
        if not any(path == other[: len(path)] for other in found if len(other) > len(path))
    ]


def spell(path: Sequence[str | int]) -> str:
    """A path as people write it: `sources[0].paths`."""
    text = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def _path(loc: Iterable[str | int], tree: Node, *, missing: bool) -> Path:
    """The recipe's keys in an error's location; pydantic adds the names of the types it tried."""
    path: list[str | int] = []
    node = tree
    keys = list(loc)
    for key in keys[:-1] if missing else keys:
        inner = _inner(node, key)
        if inner is not None:
            node = inner
            path.append(key)
    return (*path, keys[-1]) if missing else tuple(path)


def _inner(node: Node, key: str | int) -> Node | None:
    if isinstance(node.value, dict):
        return node.value.get(str(key))
    if isinstance(node.value, list) and isinstance(key, int) and key < len(node.value):
        return node.value[key]
    return None


def _mistake(path: Path, details: ErrorDetails, tree: Node, root: type[BaseModel]) -> Mistake:
    node = tree
    owner: Annotation = root
    annotation: Annotation = root
    for key in path:
        inner = _inner(node, key)
        owner = annotation
        annotation = type_text.step(annotation, key, inner.plain() if inner else None)
        node = inner or node
    if details["type"] == REFUSED:
        text = f"{spell(path)}: {details['msg']}"
    elif details["type"] == "missing":
        text = f"{spell(path)} is missing; expected {type_text.expected(annotation)}"
    elif details["type"] == "extra_forbidden":
        text = _unknown_key(path, owner, root)
    else:
        text = _unexpected(path, details, node, annotation)
    return Mistake(node.place, text)


def _unknown_key(path: Path, owner: Annotation, root: type[BaseModel]) -> str:
    key, where = str(path[-1]), spell(path[:-1])
    known = [*type_text.keys(owner), *(_LOADING_KEYS if owner is Recipe else ())]
    like = nearest(key, known)
    hint = (_belongs(key) if root is Recipe else "") or (f"did you mean `{like}`?" if like else "")
    text = f"{where}: " if where else ""
    return f"{text}unknown key `{key}`; expected {', '.join(known)}" + (f"; {hint}" if hint else "")


def _belongs(key: str) -> str:
    """Name the sections that have a key of this name; empty if there are none."""
    near = type_text.step(Deduplicate, "near", None)
    sections = {
        "the top level": Recipe,
        "a source": FolderSettings,
        "deduplicate": Deduplicate,
        "deduplicate.near": near,
        "encode": Encode,
    }
    places = [name for name, section in sections.items() if key in type_text.keys(section)]
    return f"`{key}` belongs in {' or '.join(places)}" if places else ""


def _unexpected(path: Path, details: ErrorDetails, node: Node, annotation: Annotation) -> str:
    if details["type"] in ("value_error", "assertion_error"):
        return f"{spell(path)}: {details.get('ctx', {}).get('error', details['msg'])}"
    expected = details["msg"] if annotation is object else type_text.expected(annotation)
    text = f"{spell(path)}: got {describe_value(node)}; expected {expected}"
    hint = _hint(node, annotation, expected)
    return f"{text}; {hint}" if hint else text


def _hint(node: Node, annotation: Annotation, expected: str) -> str:
    """Suggest what to write instead, if the value shows what was meant; else empty."""
    value = node.value
    if isinstance(value, str) and type_text.allows(annotation, int, float):
        return _number_hint(value.strip(), annotation, quoted=node.quoted)
    if isinstance(value, str) and (like := nearest(value, type_text.choices(annotation))):
        return f"did you mean `{like}`?"
    if isinstance(value, float) and value.is_integer() and type_text.allows(annotation, int):
        return f"write {int(value)}"
    if isinstance(value, dict) and len(value) == 1 and set(value) <= set(PLACEHOLDERS):
        return f"""YAML takes braces for a mapping: write "{{{next(iter(value))}}}" in quotes"""
    if isinstance(value, str | dict) and expected.startswith("a list"):
        return f"write [{value}]" if isinstance(value, str) else "begin each entry with `- `"
    is_scalar = not isinstance(value, dict | list) and node.written
    return "put text in quotes" if is_scalar and type_text.allows(annotation, str) else ""


def _number_hint(text: str, annotation: Annotation, *, quoted: bool) -> str:
    whole = type_text.allows(annotation, int)
    size = _SIZE.fullmatch(text)
    if size and type_text.unit(annotation) == "bytes":
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
