"""Members of JSON lines against Python's json."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.simd64 import BLOCK
from codecorpus.pipelines.sources.jsonl.grammar import PADDING
from codecorpus.pipelines.sources.jsonl.parser import Lines, Wish

WISH = Wish(["text"], "meta", ["name", "stars"])
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


def look(raw: bytes) -> Lines:
    data = np.frombuffer(raw + b"\n" + b'"' * PADDING, np.uint8).copy()
    return Lines(WISH, data, 0, len(raw) + 1, 100)


def texts(lines: Lines, most: int = 1 << 20) -> list[bytes | None]:
    out = np.empty(1 << 21, np.uint8)
    rows = lines.has("text")
    offsets, troubles = lines.texts("text", rows, out, most)
    spans = zip(
        offsets[:-1].tolist(), offsets[1:].tolist(), (rows & (troubles == 0)).tolist(), strict=True
    )
    return [out[a:b].tobytes() if fine else None for a, b, fine in spans]


def string(value: object) -> str | None:
    return value if isinstance(value, str) else None


@given(st.lists(OBJECTS, max_size=4), st.booleans())
def test_members_are_those_that_json_finds(objects: list[dict[str, Any]], ascii_only: bool) -> None:
    raw = "\n".join(json.dumps(each, ensure_ascii=ascii_only) for each in objects).encode()
    lines = look(raw)
    assert lines.count == len(objects)
    assert not lines.broken.any()
    expected = [string(each.get("text")) for each in objects]
    assert texts(lines) == [None if text is None else text.encode() for text in expected]
    inner = [each["meta"] if isinstance(each.get("meta"), dict) else {} for each in objects]
    assert lines.strings("name").to_pylist() == [string(each.get("name")) for each in inner]


PIECES = ['{', '}', '[', ']', ':', ',', '"text"', '"a\\n"', '"\\"', '\t', ' ', "1", "-0.5e3", "01",
          "1.", "null", "nul", "true", "NaN", "-Infinity", '"', "\x01", "é"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | VALUES.map(json.dumps))
def test_a_line_is_broken_where_json_says_so(line: str) -> None:
    if not line.strip(" \t\r"):
        return
    for text in (line, '{"text": ' + line + "}"):
        try:
            good = isinstance(json.loads(text), dict)
        except ValueError:
            good = False
        lines = look(text.encode() + b'\n{"text": "next"}')
        assert lines.broken.tolist() == [not good, False]
        assert texts(lines)[1] == b"next"


@pytest.mark.parametrize(
    "escape", [r"\ud800", r"\udc00", r"\ud800\n", r"\ud800A", r"\x", r"\u12g4"]
)
def test_a_text_that_cannot_be_written_takes_no_room(escape: str) -> None:
    raw = f'{{"text": "a"}}\n{{"text": "{escape}"}}\n{{"text": "b"}}'.encode()
    assert texts(look(raw)) == [b"a", None, b"b"]


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 1000])
def test_a_text_may_have_just_as_many_bytes(size: int) -> None:
    lines = look(json.dumps({"text": "\n" * size}).encode())
    assert texts(lines, size) == [b"\n" * size]
    if size:
        assert texts(lines, size - 1) == [None]


@pytest.mark.parametrize(
    ("stars", "number"),
    [("12", 12), ('"12"', 12), ("1.5", None), ("-1", None), ("null", None), ("2147483648", None),
     ("2147483647", 2147483647), ('""', None), ("99999999999", None)],
)  # fmt: skip
def test_numbers_may_be_strings_of_digits(stars: str, number: int | None) -> None:
    lines = look(f'{{"meta": {{"stars": {stars}}}}}'.encode())
    assert lines.numbers("stars").to_pylist() == [number]


def test_the_last_of_two_members_counts() -> None:
    raw = b'{"text": 1, "text": "b", "meta": {"name": "n"}, "meta": {}}'
    lines = look(raw)
    assert texts(lines) == [b"b"]
    assert lines.strings("name").to_pylist() == [None]


def test_objects_within_each_other_have_an_end() -> None:
    assert look(b'{"x":' * 500 + b"1" + b"}" * 500).broken.tolist() == [True]
