"""Only code remains, and no text causes reads or writes out of bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.languages.strip_comments import strip_comments
from codecorpus.foundation.columns import ByteColumn


def _strip(text: str, *, keep_guarded: bool = False) -> str:
    return bytes(
        strip_comments(ByteColumn.from_values([text.encode()]), keep_guarded=keep_guarded)[
            0
        ].as_py()
    ).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("int x; // y\n", "int x; \n"),
        ("a /* b\nc */ d\n", "a   d\n"),
        ("s = \"a\\\"b\"; c = 'x';\n", "s = \"\"; c = '';\n"),
        ("s = \"open\nint y;\n", "s = \"\"\nint y;\n"),
        ("#define A 1\nint x;\n", "\nint x;\n"),
        ("#define A 1 \\\n  2\nint x;\n", "\nint x;\n"),
        ("#define A /* 1\n2 */ 3\nint x;\n", "\nint x;\n"),
        ("#define A \"/*\"\nint x;\n", "\nint x;\n"),
        ("#include <a.h> // b\n", "#include <a.h> \n"),
        ('  # include "a.h"\n', '  # include "a.h"\n'),
        ("a # b\n", "a # b\n"),
        ("#if 0\nint x;\n#else\nint y;\n#endif\n", "\n\n\nint y;\n\n"),
        ("/* unfinished", " "),
        ('"', ""),
        ("/", "/"),
        ("#", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_only_code_remains(text: str, expected: str) -> None:
    assert _strip(text) == expected


_CONDITION = st.sampled_from(
    ["#ifdef __cplusplus", "#if defined(__cplusplus) && A", "#if __cplusplus >= 201103L"]
)


@given(condition=_CONDITION)
def test_code_for_cpp_is_kept_on_request_only(condition: str) -> None:
    text = f"{condition}\nA\n#else\nB\n#endif\nC\n"
    assert _strip(text).split() == ["B", "C"]
    assert _strip(text, keep_guarded=True).split() == ["A", "B", "C"]


@pytest.mark.parametrize("condition", ["#ifndef __cplusplus", "#if !defined(__cplusplus)"])
def test_the_other_branch_of_a_negated_condition_is_for_cpp(condition: str) -> None:
    assert _strip(f"{condition}\nA\n#else\nB\n#endif\nC\n").split() == ["A", "C"]


def test_conditions_nest() -> None:
    inner = "#if X\nB\n#else\nC\n#endif\n"
    assert _strip(f"#ifdef __cplusplus\nA\n{inner}#endif\nD\n").split() == ["D"]
    assert _strip(f"#if X\nA\n#ifdef __cplusplus\n{inner}#endif\n#endif\nD\n").split() == ["A", "D"]


def test_deeply_nested_conditions_end_correctly() -> None:
    deep = "#if X\n" * 200 + "A\n" + "#endif\n" * 200
    assert _strip(deep + "#ifdef __cplusplus\nB\n#endif\nC\n").split() == ["A", "C"]


_SOURCE = st.lists(
    st.sampled_from(
        [
            "#if 0\n",
            "#ifdef __cplusplus\n",
            "#else\n",
            "#elif 1\n",
            "#endif\n",
            "#",
            "#include <a>",
            "/*",
            "*/",
            "//",
            '"',
            "'",
            "\\",
            "\n",
            "\r\n",
            "a",
            " ",
            "é",
            "#define A \\\n",
            "/",
        ]
    ),
    max_size=40,
).map("".join)


@given(texts=st.lists(_SOURCE, max_size=6), keep_guarded=st.booleans())
def test_texts_are_independent_and_never_grow(texts: list[str], keep_guarded: bool) -> None:
    column = ByteColumn.from_values([text.encode() for text in texts])
    cleaned = strip_comments(column, keep_guarded=keep_guarded).to_pylist()
    assert cleaned == [_strip(text, keep_guarded=keep_guarded).encode() for text in texts]
    assert all(len(out) <= len(text.encode()) for out, text in zip(cleaned, texts, strict=True))


@given(text=st.text("ab \n;(){}", max_size=60))
def test_plain_code_is_unchanged(text: str) -> None:
    assert _strip(text) == text
