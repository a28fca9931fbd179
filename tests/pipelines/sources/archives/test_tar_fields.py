"""Numbers and blocks of tar headers."""

import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.sources.archives.tar_fields import BLOCK, padded, parse_number
from codecorpus.pipelines.sources.base import ARCHIVE, DamagedError


@given(st.integers(0, 1 << 62), st.sampled_from([8, 12]))
def test_numbers_that_tarfile_writes_are_read(number: int, width: int) -> None:
    if number >= 256 ** (width - 1):
        number %= 256 ** (width - 1)
    field = tarfile.itn(number, width, tarfile.GNU_FORMAT)  # type: ignore[attr-defined]
    assert parse_number(field) == number


@given(st.integers(0, 1 << 62))
def test_decimal_numbers_of_extended_headers_are_read(number: int) -> None:
    assert parse_number(str(number).encode(), 10) == number


@pytest.mark.parametrize(
    ("field", "number"), [(b"", 0), (b"\0" * 8, 0), (b"   17 \0", 15), (b"0000017\0junk", 15)]
)
def test_blanks_and_zeros_around_digits_are_ignored(field: bytes, number: int) -> None:
    assert parse_number(field) == number


@pytest.mark.parametrize(
    "field", [b"-1", b"+7", b"8", b"1_0", b"0x1f", b"7\n", b"\xff" * 12, b"1 1"]
)
def test_anything_else_is_damage(field: bytes) -> None:
    with pytest.raises(DamagedError, match="where a number was expected") as error:
        parse_number(field)
    assert error.value.reason == ARCHIVE


@given(st.integers(0, 1 << 62))
def test_padding_is_the_least_that_fills_a_block(size: int) -> None:
    assert padded(size) % BLOCK == 0
    assert 0 <= padded(size) - size < BLOCK
