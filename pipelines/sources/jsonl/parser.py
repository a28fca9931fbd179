"""Parses a line of JSON (RFC 8259; JSON Lines) into the values of a record.

orjson parses the line. A line that it refuses goes to Python's json, which also accepts half of a
surrogate pair (such a record gets a reason of its own), `NaN` and `Infinity` (which Python's
encoder writes), and numbers of any length. Bytes that are not UTF-8 are kept in the strings that
contain them. If an object has two members with the same name, the last one is used.
"""

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

import orjson

from codecorpus.pipelines.sources.base import RECORD, TOO_LARGE, UTF8, UnreadableError
from codecorpus.pipelines.sources.dataset_files import FieldSpec, Members

_DEPTH: Final = 500
"""Objects and arrays nested deeper are refused by the fallback. Python's own limit depends on the
depth of the call stack, which differs between engines."""

_NAME: Final = 1 << 16  # characters; a longer name counts as missing
_DIGITS: Final = re.compile(r"[0-9]{1,10}", re.ASCII)


class Row(NamedTuple):
    """One record."""

    text: str | None
    values: tuple[Any, ...]
    """The JSON values of `FieldSpec.columns`."""
    encode_errors: str | None = None
    """The `errors` argument to encode the strings with; None: all of them are valid Unicode."""
    error: UnreadableError | None = None
    """Why there is no text."""


def parse_line(line: bytes | memoryview, spec: FieldSpec) -> Row | None:
    """The record in a line; None if the line is blank or not a record of the source."""
    errors = None
    try:
        members = orjson.loads(line)
    except orjson.JSONDecodeError:
        raw = bytes(line)
        if is_blank(raw):
            return None
        members, errors = _parse_leniently(raw)
    if not isinstance(members, dict):
        error = UnreadableError(RECORD, "the line is not a JSON object")
        return Row(None, (None,) * len(spec.columns), errors, error)
    if not spec.is_record(members):
        return None
    inner = members if spec.inside is None else members.get(spec.inside)
    if not isinstance(inner, dict):
        inner = {}
    values = tuple([inner.get(name) for name in spec.columns.values()])
    for name in spec.texts:
        text = members.get(name)
        if isinstance(text, str):
            return Row(text, values, errors)
    return Row(None, values, errors, _no_text(members, spec.texts))


def is_blank(line: bytes | memoryview) -> bool:
    """Whether a line is empty or consists of white space."""
    return not len(line) or (line[0] in b" \t\r" and not bytes(line).strip(b" \t\r"))


def encode_text(row: Row, limit: int) -> bytes:
    """The text of a row that has one.

    Raises:
        UnreadableError: it is longer than `limit` bytes, or not Unicode.
    """
    assert row.text is not None
    try:
        if len(row.text) <= limit:
            raw = row.text.encode("utf-8", row.encode_errors or "strict")
            if len(raw) <= limit:
                return raw
    except UnicodeEncodeError as error:
        raise UnreadableError(UTF8, "its text holds half of a surrogate pair") from error
    raise UnreadableError(TOO_LARGE, f"more than {limit:,} bytes")


def as_name(value: object, errors: str | None) -> str | None:
    r"""A string; None for any other value. A byte that is not UTF-8 is written as `\xNN`."""
    if not isinstance(value, str) or len(value) > _NAME:
        return None
    if errors is None:
        return value
    try:
        return value.encode("utf-8", errors).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half a surrogate pair
        return None


def as_number(value: object) -> int | None:
    """An integer in [0, 2**31), also one written as a string of digits; None for anything else."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 0 <= value < 1 << 31 else None  # type: ignore[return-value,operator]


def cannot_hold_text(line: bytes | memoryview, limit: int) -> bool:
    r"""Whether a line would be longer than `limit` bytes even with all of its escapes resolved.

    An escape is longer than its character by five bytes at most (`\\u0041`), others by one.
    """
    raw = bytes(line)
    return len(raw) - raw.count(b"\\") - 4 * raw.count(b"\\u") > limit


def _parse_leniently(raw: bytes) -> tuple[object, str]:
    """The value of a line that orjson refuses, None if it is not JSON; and `Row.encode_errors`."""
    errors = "strict"
    try:
        line = raw.decode("utf-8")
    except UnicodeDecodeError:
        errors = "surrogateescape"
        line = raw.decode("utf-8", errors)
    try:
        # `as_number` takes ten digits at most, and `int` refuses more than 4,300.
        value = json.loads(line, parse_int=lambda digits: int(digits[:20]))
    except (ValueError, RecursionError):
        return None, errors
    return (value if _depth(raw) <= _DEPTH else None), errors


def _depth(raw: bytes) -> int:
    """How deeply the objects and arrays of a line are nested."""
    outside = b"".join(raw.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])
    return max(accumulate((byte in b"[{") - (byte in b"]}") for byte in outside), default=0)


def _no_text(members: Members, texts: Sequence[str]) -> UnreadableError:
    name = next((name for name in texts if name in members), texts[-1])
    value = members.get(name)
    if name not in members:
        found = "missing"
    elif value is None:
        found = "null"
    elif isinstance(value, int | float) and not isinstance(value, bool):
        found = "a number"
    else:
        found = "not a string"
    return UnreadableError(RECORD, f"`{name}` is {found}")
