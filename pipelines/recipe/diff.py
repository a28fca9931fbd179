"""List the differences between two recipes, to explain why a build cannot be resumed."""

from collections.abc import Iterator
from typing import TypeGuard

from codecorpus.foundation.config_files.dump import to_line
from codecorpus.foundation.config_files.hints import format_path
from codecorpus.foundation.config_files.yaml_tree import Plain, read
from codecorpus.pipelines.recipe.model import Recipe

_ABSENT = object()

Path = tuple[str | int, ...]


def differences(old: Recipe | str, new: Recipe | str) -> list[str]:
    """Return lines such as `filters.file_size.max: 102400 -> 204800`; empty if nothing differs.

    The order of filters counts, because the first filter that fails is the reason.

    Args:
        old: a recipe, or the YAML of a resolved one, possibly written by another version.
        new: likewise.

    Raises:
        ConfigError: a text is not a YAML mapping.
    """
    return list(_compare((), _plain(old, "the old recipe"), _plain(new, "the new recipe")))


def _plain(recipe: Recipe | str, file: str) -> Plain:
    text = recipe.to_yaml() if isinstance(recipe, Recipe) else recipe
    return read(text.encode(), file, 0, []).plain()


def _compare(path: Path, old: object, new: object) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from _compare((*path, key), old.get(key, _ABSENT), new.get(key, _ABSENT))
        if path == ("filters",):
            yield from _compare_order(old, new)
    elif _is_records(old) and _is_records(new):
        for index in range(max(len(old), len(new))):
            pair = (items[index] if index < len(items) else _ABSENT for items in (old, new))
            yield from _compare((*path, index), *pair)
    elif type(old) is not type(new) or old != new:
        yield f"{format_path(path)}: {_show(old)} -> {_show(new)}"


def _compare_order(old: dict[object, object], new: dict[object, object]) -> Iterator[str]:
    before = [str(key) for key in old if key in new]
    after = [str(key) for key in new if key in old]
    if before != after:
        yield f"filters: run in the order {', '.join(before)} -> {', '.join(after)}"


def _is_records(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)


def _show(value: object) -> str:
    return "absent" if value is _ABSENT else to_line(value)
