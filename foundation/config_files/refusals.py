"""Raise validation errors whose messages are shown to users as they are."""

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

REFUSED = "refused"
"""The type of pydantic errors whose message is complete: what is wrong, and what to write."""


def refused(message: str, *where: str | int, got: object = None) -> InitErrorDetails:
    """One error of a `ValidationError`; the arguments are those of `refusal`."""
    kind = PydanticCustomError(REFUSED, "{message}", {"message": message})
    return InitErrorDetails(type=kind, loc=where, input=got)


def refusal(message: str, *where: str | int, got: object = None) -> ValidationError:
    """A validation error for the value at `where`, below the validated one.

    Args:
        message: shown to users as it is.
        where: path of keys and indices from the validated value.
        got: the refused value.
    """
    return ValidationError.from_exception_data("configuration", [refused(message, *where, got=got)])
