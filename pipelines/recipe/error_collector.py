"""Validators that look at many entries and report what is wrong in all of them at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

_OF_PYDANTIC = frozenset(get_args(ErrorType))


class Refusals:
    """Gathers the errors of entries under the entries' keys."""

    def __init__(self) -> None:
        self._found: list[InitErrorDetails] = []

    @contextmanager
    def at(self, *where: str | int) -> Iterator[None]:
        """Catch what is refused inside; it stands at `where`."""
        try:
            yield
        except ValidationError as error:
            for found in error.errors(include_url=False):
                self._found.append(
                    InitErrorDetails(
                        type=_rebuilt(found["type"], found["msg"]) or found["type"],
                        loc=(*where, *found["loc"]),
                        input=found["input"],
                        ctx=found.get("ctx", {}),
                    )
                )

    def raise_any(self) -> None:
        """Raise all that was caught as one error, if anything was."""
        if self._found:
            raise ValidationError.from_exception_data("recipe", self._found)


def _rebuilt(kind: str, message: str) -> PydanticCustomError | None:
    """An error of our own again; None for one of pydantic's, which its name and context make."""
    if kind in _OF_PYDANTIC:
        return None
    return PydanticCustomError(kind, "{message}", {"message": message})
