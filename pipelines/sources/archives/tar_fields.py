"""Numbers and blocks of a tar."""

from typing import Final

from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError

BLOCK: Final = 512
"""A tar is a row of blocks of so many bytes."""


def padded(size: int) -> int:
    """`size` rounded up to whole blocks."""
    return -(-size // BLOCK) * BLOCK


def number(field: bytes, base: int = 8) -> int:
    """A number in a field: digits between spaces and zeros, or, for large ones, binary.

    Binary is GNU tar's and star's: the first bit set, the rest big-endian.

    Raises:
        DamagedError: it is neither, or negative.
    """
    if base == 8 and field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip(b" ")
    if digits and not digits.isdigit():
        raise DamagedError(ARCHIVE, f"a header holds {field!r} where a number was expected")
    try:
        return int(digits or b"0", base)
    except ValueError as error:
        raise DamagedError(
            ARCHIVE, f"a header holds {field!r} where a number was expected"
        ) from error
