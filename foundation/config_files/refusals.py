"""Collect the validation errors of many entries and raise them together."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import get_args

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError
from pydantic_core.core_schema import ErrorType

_OF_PYDANTIC = frozenset(get_args(ErrorType))


class Refusals:
    """Collects errors, each located by the key of its entry."""

    def __init__(self) -> None:
        self._found: list[InitErrorDetails] = []

    @contextmanager
    def at(self, *where: str | int) -> Iterator[None]:
        """Catch validation errors raised inside, and prefix their locations with `where`."""
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
        """Raise the collected errors as one `ValidationError`, if there are any."""
        if self._found:
            raise ValidationError.from_exception_data("recipe", self._found)


def _rebuilt(kind: str, message: str) -> PydanticCustomError | None:
    """Rebuild a custom error; None for pydantic's own, which its type and context define."""
    if kind in _OF_PYDANTIC:
        return None
    return PydanticCustomError(kind, "{message}", {"message": message})
