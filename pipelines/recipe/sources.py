"""The recipe's list of sources: each entry is read by the settings of its `type`."""

from typing import Any

from codecorpus.filters.rule import refusal
from codecorpus.foundation.config_files.refusals import Refusals
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.registry import SOURCES
from codecorpus.pipelines.sources.settings import suggestion


def read_sources(value: object) -> object:
    """Make each entry's settings by its `type`, and name those without a name.

    Raises:
        ValidationError: with all that is wrong in all entries.
    """
    if not isinstance(value, list | tuple):
        return value
    entries = _named(list(value))
    refusals = Refusals()
    for index, entry in enumerate(entries):
        with refusals.at(index):
            entries[index] = _read_source(entry)
    refusals.raise_any()
    return _unlike(entries)


def _read_source(entry: object) -> object:
    if not isinstance(entry, dict):
        return FolderSettings.model_validate(entry)
    known = ", ".join(f"`{name}`" for name in SOURCES)
    if "type" not in entry:
        raise refusal(f"`type` is missing; expected {known}, as in `type: folder`")
    kind = entry["type"]
    if kind not in SOURCES:
        hint = suggestion(str(kind), list(SOURCES))
        raise refusal(f"got `{kind}`; expected {known}; {hint}", "type")
    return SOURCES[kind].model_validate(entry)


def _named(entries: list[Any]) -> list[Any]:
    taken = {_name_in(entry) for entry in entries}
    named = []
    for entry in entries:
        if isinstance(entry, dict) and "name" not in entry and isinstance(entry.get("type"), str):
            kind = entry["type"]
            choices = (kind if n == 1 else f"{kind}-{n}" for n in range(1, len(entries) + 2))
            name = next(choice for choice in choices if choice not in taken)
            taken.add(name)
            named.append({**entry, "name": name})
        else:
            named.append(entry)
    return named


def _name_in(entry: object) -> str | None:
    name = entry.get("name") if isinstance(entry, dict) else getattr(entry, "name", None)
    return name if isinstance(name, str) else None


def _unlike(entries: list[Any]) -> list[Any]:
    refusals = Refusals()
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        with refusals.at(index):
            if entry.name in seen:
                raise refusal(f"two sources are called `{entry.name}`; give one another", "name")
            seen.add(entry.name)
    refusals.raise_any()
    return entries
