"""Parsed lines compared with those of Python's json."""

import json
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.sources.base import RECORD, TOO_LARGE, UTF8, UnreadableError
from codecorpus.pipelines.sources.dataset_files import FieldSpec
from codecorpus.pipelines.sources.jsonl.parser import (
    Row,
    as_name,
    as_number,
    cannot_hold_text,
    encode_text,
    parse_line,
)

SPEC = FieldSpec(["text"], {"repository": "name", "stars": "stars"}, "meta")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=150) | st.text('\\"\n\x01é😀')
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "meta", "name", "", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "text": TEXTS | VALUES,
        "x": VALUES,
        "meta": st.fixed_dictionaries({}, optional={"name": TEXTS, "stars": VALUES}) | VALUES,
    },
)


def parse(line: bytes) -> Row:
    row = parse_line(line, SPEC)
    assert row is not None
    return row


def text_of(line: bytes, limit: int = 1 << 20) -> bytes | None:
    """The text of a line, None if it has none or it cannot be encoded."""
    row = parse(line)
    try:
        return None if row.error else encode_text(row, limit)
    except UnreadableError:
        return None


def string(value: object) -> str | None:
    return value if isinstance(value, str) else None


@given(OBJECTS, st.booleans())
def test_members_are_those_that_python_finds(members: dict[str, Any], ascii_only: bool) -> None:
    line = json.dumps(members, ensure_ascii=ascii_only).encode()
    row = parse(line)
    text = string(members.get("text"))
    assert text_of(line) == (None if text is None else text.encode())
    assert (row.error is None) == (text is not None)
    meta = members["meta"] if isinstance(members.get("meta"), dict) else {}
    assert as_name(row.values[0], row.encode_errors) == string(meta.get("name"))


@given(TEXTS, st.booleans())
def test_parsing_inverts_encoding(text: str, ascii_only: bool) -> None:
    assert text_of(json.dumps({"text": text}, ensure_ascii=ascii_only).encode()) == text.encode()


PIECES = ['{', '}', '[', ']', ':', ',', '"text"', '"a\\n"', '"\\"', '\t', ' ', "1", "-0.5e3", "01",
          "1.", "null", "nul", "true", "NaN", "-Infinity", '"', "\x01", "é", '"\\ud800"',
          "9" * 5_000]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | VALUES.map(json.dumps))
def test_a_line_is_malformed_if_python_refuses_it(line: str) -> None:
    for text in (line, '{"text": ' + line + "}"):
        if not text.strip(" \t\r"):
            assert parse_line(text.encode(), SPEC) is None
            continue
        try:
            good = isinstance(json.loads(text, parse_int=len), dict)
        except ValueError:
            good = False
        row = parse(text.encode())
        is_broken = row.error is not None and row.error.detail == "the line is not a JSON object"
        assert is_broken == (not good)


@pytest.mark.parametrize(
    ("escape", "reason"),
    [
        (r"\ud800", UTF8),
        (r"\udc00", UTF8),
        (r"\udc80", UTF8),
        (r"\ud800\n", UTF8),
        (r"\ud800A", UTF8),
        (r"\x", RECORD),
        (r"\u12g4", RECORD),
    ],
)
def test_a_text_that_cannot_be_encoded_has_a_reason(escape: str, reason: str) -> None:
    row = parse(f'{{"text": "{escape}"}}'.encode())
    if row.error is not None:
        assert row.error.reason == reason
        return
    with pytest.raises(UnreadableError) as error:
        encode_text(row, 100)
    assert error.value.reason == reason


def test_half_a_surrogate_pair_elsewhere_leaves_the_text() -> None:
    line = rb'{"text": "a", "te\ud800t": "b", "meta": {"name": "\ud800", "stars": 3}}'
    row = parse(line)
    assert text_of(line) == b"a"
    assert (as_name(row.values[0], row.encode_errors), as_number(row.values[1])) == (None, 3)


@given(st.binary(max_size=20).filter(lambda raw: not {*raw} & {*range(32), *b'"\\'}))
def test_bytes_that_are_not_utf8_stay_as_they_are(raw: bytes) -> None:
    line = b'{"text": "' + raw + b'", "meta": {"name": "' + raw + b'"}}'
    assert text_of(line) == raw
    row = parse(line)
    assert as_name(row.values[0], row.encode_errors) == raw.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1000])
def test_a_text_may_have_exactly_the_limit_of_bytes(size: int) -> None:
    line = json.dumps({"text": "é" * size}).encode()
    assert text_of(line, 2 * size) == "é".encode() * size
    if size:
        with pytest.raises(UnreadableError) as error:
            encode_text(parse(line), 2 * size - 1)
        assert error.value.reason == TOO_LARGE


@given(TEXTS, st.booleans())
def test_only_a_line_too_long_without_its_escapes_is_refused_unparsed(
    text: str, ascii_only: bool
) -> None:
    line = json.dumps({"text": text}, ensure_ascii=ascii_only).encode()
    assert not cannot_hold_text(line, len(text.encode()) + len('{"text": ""}'))
    assert cannot_hold_text(b'{"text": "' + b"x" * 100 + b'"}', 100)


@pytest.mark.parametrize(
    ("stars", "number"),
    [("12", 12), ('"12"', 12), ("1.5", None), ("-1", None), ("null", None), ("2147483648", None),
     ("2147483647", 2147483647), ('""', None), ("99999999999", None), ("true", None),
     ("9" * 400, None), ("9" * 5_000, None), ('"٣"', None), ('"00000000012"', None)],
)  # fmt: skip
def test_numbers_may_be_strings_of_digits(stars: str, number: int | None) -> None:
    row = parse(f'{{"meta": {{"stars": {stars}}}}}'.encode())
    assert as_number(row.values[1]) == number


def test_the_last_of_two_members_with_one_name_is_used() -> None:
    line = b'{"text": 1, "text": "b", "meta": {"name": "n"}, "meta": {}}'
    assert text_of(line) == b"b"
    assert parse(line).values == (None, None)


@pytest.mark.parametrize("other", ["1", "NaN"])
@pytest.mark.parametrize("brackets", [('{"x":', "}"), ("[", "]")])
def test_nesting_has_a_limit(other: str, brackets: tuple[str, str]) -> None:
    def nested(depth: int) -> Row:
        inside = brackets[0] * depth + other + brackets[1] * depth
        return parse(f'{{"text": "{{[", "x": {inside}}}'.encode())

    assert nested(400).error is None
    limit = sys.getrecursionlimit()
    assert nested(limit + 100).error is not None
    if other == "NaN":  # whatever the depth of the call stack
        assert nested(500).error is not None


def test_objects_of_other_sets_are_ignored() -> None:
    spec = FieldSpec(["text"], {}, is_record=lambda members: "x" not in members)
    assert parse_line(b'{"text": "a", "x": 1}', spec) is None
    assert parse_line(b'{"text": "a"}', spec) is not None
    assert parse_line(b" \t\r", spec) is None


def test_a_byte_order_mark_is_refused() -> None:
    assert parse(b'\xef\xbb\xbf{"text": "a"}').error is not None
