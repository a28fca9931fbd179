"""The sources of a recipe: the `type` of each entry selects the class of its settings."""

from typing import TYPE_CHECKING, Annotated, Union

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from codecorpus.foundation.config_files.refusals import refused
from codecorpus.pipelines.sources.registry import SOURCES
from codecorpus.pipelines.sources.settings import SourceSettings

if TYPE_CHECKING:  # type checkers cannot follow a union of the registry's classes
    _Source = SourceSettings
else:
    _Source = Annotated[
        Union[tuple(SOURCES.values())],  # noqa: UP007 - the classes are known only at run time
        Field(discriminator="type"),
    ]


def _fill_in_names(entries: object) -> object:
    """Name each entry without a name after its type: `folder`, `folder-2` and so on."""
    if not isinstance(entries, list | tuple):
        return entries
    taken = {_name_of(entry) for entry in entries}
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


def _name_of(entry: object) -> str | None:
    name = entry.get("name") if isinstance(entry, dict) else getattr(entry, "name", None)
    return name if isinstance(name, str) else None


def _refuse_equal_names(sources: tuple[SourceSettings, ...]) -> tuple[SourceSettings, ...]:
    names = [source.name for source in sources]
    errors = [
        refused(f"two sources are called `{name}`; rename one of them", index, "name")
        for index, name in enumerate(names)
        if name in names[:index]
    ]
    if errors:
        raise ValidationError.from_exception_data("sources", errors)
    return sources


Sources = Annotated[
    tuple[_Source, ...],
    Field(min_length=1),
    BeforeValidator(_fill_in_names),
    AfterValidator(_refuse_equal_names),
]
"""At least one source, each with its own name."""
