"""From a recipe's file, and those that it extends, to a validated recipe.

`extends: NAME` or a path (from the extending file's folder) merges: mappings merge, lists and
single values are replaced, the parent's keys come first, and `rule: false` takes a filter away; one
that is given again behind that is a new one, without the values of before. A recipe's `name` is not
inherited. All mistakes in all files are reported at once, each at its own file's line.

Relative paths start at the folder of the recipe that is built, those of extended recipes too; for a
shipped recipe that is called by its name, at the current folder.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypedDict

from codecorpus.foundation.config_files.errors import ConfigError, Mistake, Place
from codecorpus.foundation.config_files.hints import Hints
from codecorpus.foundation.config_files.loader import load_config, read_bytes, validate
from codecorpus.foundation.config_files.yaml_tree import Node, describe_value, list_of, read
from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.recipe import builtin
from codecorpus.pipelines.recipe.model import Deduplicate, Encode, Near, Recipe
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.placeholders import PLACEHOLDERS
from codecorpus.pipelines.storage.locations import is_remote

HINTS = Hints(
    expected="a mapping of keys, at least `sources`",
    loading_keys=("extends",),
    sections={
        "the top level": Recipe,
        "a source": FolderSettings,
        "deduplicate": Deduplicate,
        "deduplicate.near": Near,
        "encode": Encode,
    },
    placeholders=PLACEHOLDERS,
)

_EXPECTED = "expected a recipe's file (its path has a / or ends in .yaml) or a name"


@dataclass(frozen=True)
class LoadedRecipe:
    """A recipe, and the folder that its relative paths start at."""

    recipe: Recipe
    base: Path


class Overrides(TypedDict, total=False):
    """What the command says over the recipe.

    Attributes:
        input: paths instead of those of the only folder source; relative ones start at the current
            folder.
    """

    input: Sequence[str]


def load(path_or_name: str, *, overrides: Overrides | None = None) -> LoadedRecipe:
    """Read a recipe file, or a shipped recipe by its name, and what it extends.

    Raises:
        ConfigError: it cannot be read, or holds mistakes.
        UsageError: an override does not fit the recipe.
    """
    path, base = _locate(path_or_name)
    mistakes: list[Mistake] = []
    tree = _resolve(path, str(path), mistakes)
    tree = _with_name(tree, path.stem)
    if overrides and "input" in overrides:
        tree = _with_input(tree, overrides["input"], base)
    return LoadedRecipe(validate(tree, mistakes, Recipe, HINTS), base)


def load_resolved(path: Path) -> Recipe:
    """Read a recipe that `Recipe.to_yaml` wrote.

    Raises:
        ConfigError: it cannot be read, or this version does not know it.
    """
    data = read_bytes(path, Place(0, str(path), 0), "a recipe's file")
    return load_config(data, str(path), Recipe, hints=HINTS)


def loads(text: str, *, file: str = "recipe.yaml") -> Recipe:
    """A recipe from text; `extends` is refused, as there is no folder to look in.

    Args:
        text: YAML.
        file: what messages call it.

    Raises:
        ConfigError: it holds mistakes.
    """
    return load_config(text.encode("utf-8", "surrogatepass"), file, Recipe, hints=HINTS)


def _locate(text: str) -> tuple[Path, Path]:
    """The file, and the folder to which paths in it are relative."""
    if builtin.is_name(text):
        path = builtin.path_of(text)
        if not path.is_file():
            raise ConfigError([Mistake(Place(0, text, 0), _no_such_recipe(text))])
        return path, Path.cwd()
    path = Path(text).expanduser() if text.startswith("~/") else Path(text)
    return path, Path(os.path.realpath(path.parent))


def _no_such_recipe(name: str) -> str:
    return f"there is no recipe `{name}`; {_EXPECTED}; {builtin.choices(name)}"


def _resolve(
    path: Path,
    file: str,
    mistakes: list[Mistake],
    children: tuple[str, ...] = (),
    place: Place | None = None,
) -> Node:
    """The tree of a recipe merged over those that it extends.

    Args:
        path: the recipe.
        file: its name for messages.
        mistakes: those that do not prevent reading the rest are appended to it.
        children: the files that extend this one, each extending the next.
        place: the line that extends this recipe.
    """
    missing = f"extends: there is no file `{file}`" if place else "there is no such file"
    missing += f"; {_EXPECTED}; {builtin.choices(file)}"
    data = read_bytes(path, place or Place(0, file, 0), "a recipe's file", missing=missing)
    tree = read(data, file, len(children), mistakes, HINTS.expected)
    assert isinstance(tree.value, dict)
    extends = tree.value.pop("extends", None)
    if extends is None:
        return tree
    if not isinstance(extends.value, str):
        text = f"extends: got {describe_value(extends)}; expected a recipe's name or path"
        mistakes.append(Mistake(extends.place, text))
        return tree
    wanted = extends.value
    by_name = builtin.is_name(wanted)
    parent = builtin.path_of(wanted) if by_name else path.parent / os.path.expanduser(wanted)  # noqa: PTH111
    if by_name and not parent.is_file():
        raise ConfigError([Mistake(extends.place, f"extends: {_no_such_recipe(wanted)}")])
    opened = (*children, os.path.realpath(path))
    if os.path.realpath(parent) in opened:
        circle = " -> ".join(Path(each).name for each in (*opened, os.path.realpath(parent)))
        text = f"extends: the recipes extend each other in a circle: {circle}"
        raise ConfigError([Mistake(extends.place, text)])
    below = _resolve(parent, os.path.normpath(parent), mistakes, opened, extends.place)
    assert isinstance(below.value, dict)
    below.value.pop("name", None)
    return merge(below, tree)


def merge(parent: Node, child: Node) -> Node:
    """The child's values over the parent's; mappings merge, all else is replaced."""
    if not (isinstance(parent.value, dict) and isinstance(child.value, dict)):
        return child
    merged = dict(parent.value)
    for key, node in child.value.items():
        if key in merged and merged[key].value is not False:
            merged[key] = merge(merged[key], node)
        else:
            merged.pop(key, None)  # taken away before: it comes anew, behind the others
            merged[key] = node
    return replace(child, value=merged)


def _with_name(tree: Node, name: str) -> Node:
    if not isinstance(tree.value, dict) or "name" in tree.value:
        return tree
    place = Place(0, tree.place.file, 0)
    return replace(tree, value={"name": Node(name, place, name), **tree.value})


def _with_input(tree: Node, paths: Sequence[str], base: Path) -> Node:
    """The tree with other paths in its only folder source; a wrong tree is left to validation."""
    sources = tree.value.get("sources") if isinstance(tree.value, dict) else None
    if sources is None or not isinstance(sources.value, list):
        return tree
    folders = [index for index, node in enumerate(sources.value) if _is_folder(node)]
    if len(folders) != 1:
        raise UsageError(
            f"--input names the paths of the recipe's folder source, but this recipe has "
            f"{len(folders)} of them; expected exactly one: write the paths into the recipe"
        )
    items = list(sources.value)
    entry = items[folders[0]]
    assert isinstance(entry.value, dict)
    given = list_of((_from_base(path, base) for path in paths), Place(0, "--input", 0))
    items[folders[0]] = replace(entry, value={**entry.value, "paths": given})
    assert isinstance(tree.value, dict)
    return replace(tree, value={**tree.value, "sources": replace(sources, value=items)})


def _is_folder(node: Node) -> bool:
    if not isinstance(node.value, dict) or "type" not in node.value:
        return False
    return node.value["type"].value == "folder"


def _from_base(path: str, base: Path) -> str:
    """A path of the command line as the recipe would have to write it."""
    here = Path.cwd()
    if path.startswith(("/", "~", "{")) or is_remote(path) or not path or base == here:
        return path
    return os.path.join(os.path.relpath(here, base), path)  # noqa: PTH118
