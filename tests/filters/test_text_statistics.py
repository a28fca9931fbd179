"""`measure` against the definitions written in plain Python."""

import re
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.text_statistics import BINARY, NOT_UTF8, TEXT, measure
from codecorpus.foundation.characters import CLASSES, LETTER, NUMBER, SPACE
from codecorpus.foundation.columns import ByteColumn

PIECES = st.sampled_from(["\n", "\r", "\r\n", *"aZ5 \té語😀²\u2028"])
LONG = st.lists(st.one_of(PIECES, st.just("x" * 29), st.just("\r" * 13)), min_size=20, max_size=60)
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join), LONG.map("".join))


def expected_counts(text: str) -> list[int]:
    lines = re.split("\r\n|\n|\r", text)
    if lines[-1] == "":
        lines.pop()
    classes = CLASSES[[ord(character) for character in text]] if text else np.empty(0)
    return [
        len(text),
        len(lines),
        max(map(len, lines), default=0),
        *(int((classes == kind).sum()) for kind in (LETTER, NUMBER, SPACE)),
    ]


@given(st.lists(TEXTS.filter(lambda text: "\0" not in text)))
def test_counts_equal_the_definitions(texts: list[str]) -> None:
    statistics = measure(ByteColumn.from_values([text.encode() for text in texts]))
    assert (statistics.kind == TEXT).all()
    assert statistics.counts.T.tolist() == [expected_counts(text) for text in texts]


@given(st.lists(st.one_of(st.binary(), TEXTS.map(str.encode))))
def test_kind_agrees_with_pythons_decoder(values: list[bytes]) -> None:
    def kind(value: bytes) -> int:
        if b"\0" in value:
            return BINARY
        try:
            value.decode()
        except UnicodeDecodeError:
            return NOT_UTF8
        return TEXT

    statistics = measure(ByteColumn.from_values(values))
    assert statistics.kind.tolist() == [kind(value) for value in values]


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"\xff\xfea\0", BINARY),  # UTF-16 with its mark
        (b"\xff\xfe\x41\x30", NOT_UTF8),  # UTF-16 without any NUL
        (b"\xef\xbb\xbfa", TEXT),  # UTF-8 with a mark
        (b"\xc0\x80", NOT_UTF8),  # overlong
        (b"\xed\xa0\x80", NOT_UTF8),  # surrogate
        (b"\xf4\x90\x80\x80", NOT_UTF8),  # above U+10FFFF
        (b"\xf4\x8f\xbf\xbf", TEXT),
        (b"abc\xe2\x82", NOT_UTF8),  # cut within a character
        (b"\xff then \0", BINARY),
    ],
)
def test_binary_data_and_invalid_utf8(value: bytes, kind: int) -> None:
    assert measure(ByteColumn.from_values([b"x", value, b"y"])).kind.tolist() == [TEXT, kind, TEXT]


def test_mean_line_length_includes_empty_lines_but_not_terminators() -> None:
    column = ByteColumn.from_values([b"abcd\n\nab\r\n", b"", b"\n"])
    signals = measure(column).signals(np.ones(3, bool))
    assert signals["mean_line_length"].to_pylist() == [2.0, None, 0.0]
    assert signals["lines"].to_pylist() == [3, None, 1]
    assert signals["longest_line"].to_pylist() == [4, None, 0]


def test_signals_are_null_for_unreadable_rows() -> None:
    signals = measure(ByteColumn.from_values([b"ab1 ", b"ab1 "])).signals(np.array([True, False]))
    assert signals["alphabet_ratio"].to_pylist() == [0.5, None]
    assert signals["digit_ratio"].to_pylist() == [0.25, None]
    assert signals["whitespace_ratio"].to_pylist() == [0.25, None]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "é\r\n", "\ré\n"])
def test_a_line_may_end_anywhere_in_a_block(end: str) -> None:
    texts = ["x" * size + end + "y" * 70 for size in range(140)]
    statistics = measure(ByteColumn.from_values([text.encode() for text in texts]))
    assert statistics.counts.T.tolist() == [expected_counts(text) for text in texts]


def test_texts_may_be_in_any_order_and_overlap() -> None:
    data = np.frombuffer(b"ab\ncd" * 30, np.uint8)
    starts, ends = np.array([100, 0, 149, 3]), np.array([150, 150, 150, 3])
    counts = measure(ByteColumn(data, starts, ends)).counts
    values = [bytes(data[start:end]).decode() for start, end in zip(starts, ends, strict=True)]
    assert counts.T.tolist() == [expected_counts(value) for value in values]


def test_counters_do_not_overflow_on_large_texts() -> None:
    size = 5 << 20
    statistics = measure(ByteColumn.from_values([b"a" * size, b"1" * size, b" " * size]))
    assert statistics.counts[3:].tolist() == [[size, 0, 0], [0, size, 0], [0, 0, size]]


def test_counts_of_real_files() -> None:
    folder = Path(sysconfig.get_paths()["stdlib"])
    values = [path.read_bytes() for path in sorted(folder.glob("*.py"))]
    statistics = measure(ByteColumn.from_values(values))
    texts = [value.decode() for value in values]
    assert statistics.counts.T.tolist() == [expected_counts(text) for text in texts]
