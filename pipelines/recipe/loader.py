"""Load a recipe from its file and the recipes that it extends.

`extends` names a built-in recipe or a path, relative to the extending file's folder. Mappings are
merged, with the parent's keys first; lists and single values are replaced. `rule: false` removes a
filter; if a further recipe adds it again, it starts from the rule's defaults. A recipe's `name` is
not inherited. All mistakes in all files are reported at once, each with its file and line.

Relative paths, including those in extended recipes, start at the folder of the recipe that is
built, or at the current folder if that is a built-in recipe given by its name.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from codecorpus.foundation.config_files.errors import ConfigError, Mistake, SourceLine
from codecorpus.foundation.config_files.hints import Hints
from codecorpus.foundation.config_files.loader import load_config, read_bytes, validate
from codecorpus.foundation.config_files.yaml_tree import Node, describe_value, list_of, read
from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.recipe import builtin
from codecorpus.pipelines.recipe.model import Deduplicate, Encode, Near, Recipe
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.placeholders import PLACEHOLDERS
from codecorpus.pipelines.storage.locations import is_remote

_HINTS = Hints(
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
    """A recipe, and the folder to which its paths are relative."""

    recipe: Recipe
    base: Path


def load(path_or_name: str, *, input_paths: Sequence[str] | None = None) -> LoadedRecipe:
    """Load a recipe from its file, or a built-in one by its name.

    Args:
        path_or_name: with a slash or a suffix it is a path.
        input_paths: paths that replace those of the recipe's only folder source; relative ones
            start at the current folder.

    Raises:
        ConfigError: it cannot be read, or contains mistakes.
        UsageError: `input_paths` are given, and the recipe does not have exactly one folder source.
    """
    path, base = _locate(path_or_name)
    mistakes: list[Mistake] = []
    tree = _resolve(path, str(path), mistakes)
    tree = _with_name(tree, path.stem)
    if input_paths is not None:
        tree = _with_input(tree, input_paths, base)
    return LoadedRecipe(validate(tree, mistakes, Recipe, _HINTS), base)


def load_resolved(path: Path) -> Recipe:
    """Load a recipe that `Recipe.to_yaml` wrote.

    Raises:
        ConfigError: it cannot be read, or this version does not accept it.
    """
    data = read_bytes(path, SourceLine(0, str(path), 0), "a recipe's file")
    return load_config(data, str(path), Recipe, hints=_HINTS)


def loads(text: str, *, file: str = "recipe.yaml") -> Recipe:
    """Load a recipe from text, without `extends`, because the text has no folder.

    Args:
        text: YAML.
        file: the name that messages use for it.

    Raises:
        ConfigError: it contains mistakes.
    """
    return load_config(text.encode("utf-8", "surrogatepass"), file, Recipe, hints=_HINTS)


def _locate(text: str) -> tuple[Path, Path]:
    """The file, and the folder to which paths in it are relative."""
    if builtin.is_name(text):
        path = builtin.path_of(text)
        if not path.is_file():
            raise ConfigError([Mistake(SourceLine(0, text, 0), _no_such_recipe(text))])
        return path, Path.cwd()
    path = Path(text).expanduser() if text.startswith("~/") else Path(text)
    return path, Path(os.path.realpath(path.parent))


def _no_such_recipe(name: str) -> str:
    return f"there is no recipe `{name}`; {_EXPECTED}; {builtin.describe_choices(name)}"


def _resolve(
    path: Path,
    file: str,
    mistakes: list[Mistake],
    children: tuple[str, ...] = (),
    line: SourceLine | None = None,
) -> Node:
    """The tree of a recipe merged over those that it extends.

    Args:
        path: the recipe.
        file: its name for messages.
        mistakes: those that do not prevent reading the rest are appended to it.
        children: the files that extend this one, each extending the next.
        line: the line that extends this recipe.
    """
    missing = f"extends: there is no file `{file}`" if line else "there is no such file"
    missing += f"; {_EXPECTED}; {builtin.describe_choices(file)}"
    data = read_bytes(path, line or SourceLine(0, file, 0), "a recipe's file", missing=missing)
    tree = read(data, file, len(children), mistakes, _HINTS.expected)
    assert isinstance(tree.value, dict)
    extends = tree.value.pop("extends", None)
    if extends is None:
        return tree
    if not isinstance(extends.value, str):
        text = f"extends: got {describe_value(extends)}; expected a recipe's name or path"
        mistakes.append(Mistake(extends.line, text))
        return tree
    wanted = extends.value
    by_name = builtin.is_name(wanted)
    parent = builtin.path_of(wanted) if by_name else path.parent / os.path.expanduser(wanted)  # noqa: PTH111
    if by_name and not parent.is_file():
        raise ConfigError([Mistake(extends.line, f"extends: {_no_such_recipe(wanted)}")])
    opened = (*children, os.path.realpath(path))
    if os.path.realpath(parent) in opened:
        circle = " -> ".join(Path(each).name for each in (*opened, os.path.realpath(parent)))
        text = f"extends: the recipes extend each other in a circle: {circle}"
        raise ConfigError([Mistake(extends.line, text)])
    below = _resolve(parent, os.path.normpath(parent), mistakes, opened, extends.line)
    assert isinstance(below.value, dict)
    below.value.pop("name", None)
    return merge(below, tree)


def merge(parent: Node, child: Node) -> Node:
    """Return the parent with the child's values; mappings are merged, other values replaced."""
    if not (isinstance(parent.value, dict) and isinstance(child.value, dict)):
        return child
    merged = dict(parent.value)
    for key, node in child.value.items():
        if key in merged and merged[key].value is not False:
            merged[key] = merge(merged[key], node)
        else:
            merged.pop(key, None)  # a rule that was removed with `false` is added at the end
            merged[key] = node
    return replace(child, value=merged)


def _with_name(tree: Node, name: str) -> Node:
    if not isinstance(tree.value, dict) or "name" in tree.value:
        return tree
    line = SourceLine(0, tree.line.file, 0)
    return replace(tree, value={"name": Node(name, line, name), **tree.value})


def _with_input(tree: Node, paths: Sequence[str], base: Path) -> Node:
    """The tree with other paths in its only folder source; invalid trees are left as they are."""
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
    given = list_of((_from_base(path, base) for path in paths), SourceLine(0, "--input", 0))
    items[folders[0]] = replace(entry, value={**entry.value, "paths": given})
    assert isinstance(tree.value, dict)
    return replace(tree, value={**tree.value, "sources": replace(sources, value=items)})


def _is_folder(node: Node) -> bool:
    if not isinstance(node.value, dict) or "type" not in node.value:
        return False
    return node.value["type"].value == "folder"


def _from_base(path: str, base: Path) -> str:
    """Rewrite a path that is relative to the current folder so that it is relative to `base`."""
    here = Path.cwd()
    if path.startswith(("/", "~", "{")) or is_remote(path) or not path or base == here:
        return path
    return os.path.join(os.path.relpath(here, base), path)  # noqa: PTH118
