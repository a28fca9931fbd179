"""Extracting comments, by language."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.filters.natural_language.comments import extract_comments
from codecorpus.filters.natural_language.syntaxes import SYNTAXES


def comments(text: str, language: str, limit: int = 1 << 16) -> list[str]:
    data = np.frombuffer(text.encode(), np.uint8)
    found, _ = extract_comments(data, 0, len(data), SYNTAXES[language], limit)
    return found.tobytes().decode("utf-8", "replace").split()


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("C", 'a = "// no"; // yes\n/* and\nthis */ b = \'"\'; // more', "yes and this more"),
        ("C++", 'f("\\"// no");// yes', "yes"),
        ("Python", 'x = "# no" # yes\n', "yes"),
        ("Python", 'def f():\n    """Says what."""\n    x = """not this"""\n', "Says what."),
        ("Python", "'''Of a module,\nlong.'''", "Of a module, long."),
        ("Shell", "echo $# ${a#b} # yes\n#too\necho '# no'", "yes too"),
        ("JavaScript", "a = `// no\n// no` // yes", "yes"),
        ("Go", "a := `\\` // yes", "yes"),
        ("Rust", "fn f<'a>(x: &'a str) {} // yes", "yes"),
        ("Scala", 'val a = """// no"""; \'b // yes', "yes"),
        ("HTML", "<p>no</p><!-- yes -->", "yes"),
        ("CSS", "a { b: c } /* yes */", "yes"),
        ("SQL", "select '-- no' -- yes\n/* too */", "yes too"),
        ("TeX", "50\\% no % yes\n", "yes"),
        ("Fortran", "x = 'it''s ! no' ! yes", "yes"),
        ("Pascal", "a := '{no}'; {yes} (* too *) // end", "yes too end"),
        ("PHP", "<?php # yes\n$a = '# no'; // too", "yes too"),
        ("R", 'a <- "# no" # yes', "yes"),
    ],
)
def test_only_comments_are_extracted(language: str, text: str, expected: str) -> None:
    assert comments(text, language) == expected.split()


@given(st.text(alphabet="ab \n\"'#/*-{}()<!>`%\\é"), st.sampled_from(LANGUAGES))
def test_extracted_bytes_are_a_subsequence_of_the_text(text: str, language: str) -> None:
    data = np.frombuffer(text.encode() + b"#", np.uint8)  # must not be read
    found, letters = extract_comments(data, 0, len(data) - 1, SYNTAXES[language], 1 << 16)
    rest = iter(data[:-1].tolist())
    taken = [byte for byte in found.tolist() if byte not in (10, 32)]
    assert all(byte in rest for byte in taken)
    assert letters == sum(byte > 127 or chr(byte).isalpha() for byte in taken)


@given(st.integers(0, 20))
def test_the_limit_truncates_the_comments(limit: int) -> None:
    data = np.frombuffer(b"# one two\n# three four", np.uint8)
    whole, _ = extract_comments(data, 0, len(data), SYNTAXES["Python"], 100)
    found, _ = extract_comments(data, 0, len(data), SYNTAXES["Python"], limit)
    assert found.tobytes() == whole.tobytes()[:limit]


def test_each_language_has_a_syntax() -> None:
    assert SYNTAXES.keys() == set(LANGUAGES)
