"""Numbers and blocks of tar headers."""

from typing import Final

from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError

BLOCK: Final = 512
"""Headers and data of a tar occupy whole blocks of this many bytes."""


def padded(size: int) -> int:
    """`size` rounded up to whole blocks."""
    return -(-size // BLOCK) * BLOCK


def parse_number(field: bytes, base: int = 8) -> int:
    """The number in a field: digits between spaces and zeros, or binary.

    Binary numbers are GNU tar's and star's, for sizes over 8 GiB: the first bit is set, and the
    rest is big-endian.

    Raises:
        DamagedError: the field holds neither, or a negative number.
    """
    if base == 8 and field[:1] == b"\x80":
        return int.from_bytes(field[1:], "big")
    digits = field.partition(b"\0")[0].strip(b" ") or b"0"
    allowed = b"01234567" if base == 8 else b"0123456789"
    if digits.strip(allowed):
        raise DamagedError(ARCHIVE, f"a header holds {field!r} where a number was expected")
    return int(digits, base)
