"""Load a configuration file as a pydantic model, or report all its mistakes with their lines."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from codecorpus.foundation.config_files.errors import ConfigError, Mistake, SourceLine
from codecorpus.foundation.config_files.hints import NO_HINTS, Hints, explain
from codecorpus.foundation.config_files.yaml_tree import MAX_BYTES, Node, read, read_value

Model = TypeVar("Model", bound=BaseModel)


def load_config(
    data: bytes,
    file: str,
    model: type[Model],
    overrides: Sequence[str] = (),
    *,
    hints: Hints = NO_HINTS,
) -> Model:
    """Return the validated content of a configuration file.

    Args:
        data: the file's bytes.
        file: its name, for messages.
        model: the class of its content.
        overrides: values of the option `--set` that replace those of the file, each as `key=value`
            or `section.key=value`, where the value is YAML. A later one wins. A message about an
            override starts with `--set section.key=value` instead of a file and line.
        hints: facts about this kind of file, for better messages.

    Raises:
        ConfigError: with all mistakes in the file and the overrides.
    """
    mistakes: list[Mistake] = []
    tree = read(data, file, 0, mistakes, hints.expected)
    for override in overrides:
        tree = _with_override(tree, override, mistakes)
    return validate(tree, mistakes, model, hints)


def read_bytes(path: Path, line: SourceLine, expected: str, *, missing: str = "") -> bytes:
    """Return a file's content, or only the start of a file that is too large for `read`.

    Args:
        path: the file.
        line: where messages locate the mistake: the file, or the line that names it.
        expected: what the file should be, for messages.
        missing: the message if there is no such file, instead of the usual one.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        text = f"cannot read `{path}`: {reason}; expected {expected}"
        if isinstance(error, FileNotFoundError):
            text = missing or f"there is no such file; expected {expected}"
        raise ConfigError([Mistake(line, text)]) from error


def validate(tree: Node, mistakes: list[Mistake], model: type[Model], hints: Hints) -> Model:
    """Return the model of a tree.

    Args:
        tree: a file's content.
        mistakes: mistakes found while it was read.
        model: the class of the content.
        hints: facts about this kind of file, for better messages.

    Raises:
        ConfigError: with `mistakes` and those found here, if there are any.
    """
    try:
        config = model.model_validate(tree.plain())
    except ValidationError as error:
        raise ConfigError([*mistakes, *explain(error, tree, model, hints)]) from None
    if mistakes:
        raise ConfigError(mistakes)
    return config


def _with_override(tree: Node, override: str, mistakes: list[Mistake]) -> Node:
    line = SourceLine(0, f"--set {override}", 0)
    name, equals, text = override.partition("=")
    keys = name.strip().split(".")
    if not equals or not all(keys):
        mistakes.append(Mistake(line, "expected `key=value` or `section.key=value`"))
        return tree
    found: list[Mistake] = []
    try:
        tree = _replaced(tree, keys, read_value(text, line, found))
    except ConfigError as error:
        found = list(error.mistakes)
    mistakes += [Mistake(line, f"{name}: {each.text}") for each in found]
    return tree


def _replaced(node: Node, keys: Sequence[str], value: Node) -> Node:
    """Return the tree with another value at a path of keys; missing mappings are created."""
    if not keys:
        return value
    if not isinstance(node.value, dict):
        node = Node({}, value.line)
    assert isinstance(node.value, dict)
    below = node.value.get(keys[0], Node(None, value.line))
    return replace(node, value={**node.value, keys[0]: _replaced(below, keys[1:], value)})
