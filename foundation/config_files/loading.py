"""Loads a whole configuration file, with values of the command line over it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from codecorpus.foundation.config_files.errors import ConfigError, Mistake, SourceLine
from codecorpus.foundation.config_files.explain import Dialect, explain
from codecorpus.foundation.config_files.yaml_tree import Node, read

Model = TypeVar("Model", bound=BaseModel)


def validate(
    tree: Node, mistakes: Sequence[Mistake], model: type[Model], dialect: Dialect
) -> Model:
    """The model of a tree.

    Raises:
        ConfigError: names these mistakes, and those that validation finds.
    """
    try:
        config = model.model_validate(tree.plain())
    except ValidationError as error:
        raise ConfigError([*mistakes, *explain(error, tree, dialect)]) from None
    if mistakes:
        raise ConfigError(mistakes)
    return config


def load_config(
    data: bytes, file: str, model: type[Model], overrides: Sequence[str] = (), required: str = ""
) -> Model:
    """Read a configuration.

    Args:
        data: of the file, in YAML.
        file: its name for messages.
        model: what it must be.
        overrides: `key.path=value`, as given with `--set`; the value is YAML.
        required: a key to name where the file is empty.

    Raises:
        ConfigError: names all mistakes, each with its line or its override.
    """
    mistakes: list[Mistake] = []
    tree = read(data, file, 0, mistakes, required)
    for text in overrides:
        tree = _with_override(tree, text, mistakes)
    return validate(tree, mistakes, model, Dialect(model))


def _with_override(tree: Node, text: str, mistakes: list[Mistake]) -> Node:
    """The tree with one value replaced."""
    place = SourceLine(0, f"--set {text}", 0)
    path, equals, value = text.partition("=")
    keys = path.split(".")
    if not equals or not all(keys):
        mistakes.append(Mistake(place, "expected `key=value`, or `section.key=value`"))
        return tree
    wrapped = read(f"value: {value}".encode(), place.file, 0, mistakes)
    assert isinstance(wrapped.value, dict)
    return _replaced(tree, keys, _placed(wrapped.value["value"], place), place)


def _placed(node: Node, place: SourceLine) -> Node:
    """The same values, found at another place."""
    value = node.value
    if isinstance(value, dict):
        value = {key: _placed(inner, place) for key, inner in value.items()}
    elif isinstance(value, list):
        value = [_placed(inner, place) for inner in value]
    return replace(node, value=value, place=place)


def _replaced(tree: Node, keys: list[str], new: Node, place: SourceLine) -> Node:
    if not keys:
        return new
    entries = dict(tree.value) if isinstance(tree.value, dict) else {}
    inner = entries.get(keys[0], Node({}, place))
    entries[keys[0]] = _replaced(inner, keys[1:], new, place)
    return replace(tree, value=entries)
