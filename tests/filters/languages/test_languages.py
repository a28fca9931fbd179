"""Properties of `detect`: rows are independent, names take precedence, nulls stay null."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.languages import CONFIDENCE, by_name, classifier, detect, table
from codecorpus.filters.languages.table import LANGUAGES

_EXTENSIONS = ["h", "m", "inc", "cgi", "sql", "py", "c", "H", "pas", "php", "tcl", "png", "odd", ""]
_PATHS = st.none() | st.builds(
    "{}{}{}".format,
    st.sampled_from(["a", "b/c", ".d", "e\n", "é", "configure", ".bashrc", ""]),
    st.sampled_from([".", "..", ""]),
    st.sampled_from(_EXTENSIONS),
)
_PIECES = [
    "#!/usr/bin/env python3\n",
    "#!/bin/sh\n",
    "class A {\n public:\n};\n",
    "#ifdef __cplusplus\n",
    "#else\n",
    "#endif\n",
    "#if 0\n",
    "@interface A\n@end\n",
    "/* ",
    " */",
    '"',
    "'",
    "\\\n",
    "// ",
    "#include <vector>\n",
    "#define A \\\n",
    "<?php\n",
    "SELECT 1;\n",
    "begin\n",
    "é",
    "\n",
    "int x;\n",
]
_TEXTS = st.none() | st.lists(st.sampled_from(_PIECES), max_size=12).map("".join)


def _detect(rows: Sequence[tuple[str | None, str | None]]) -> list[str | None]:
    paths = pa.array([path for path, _ in rows], pa.string())
    found: list[str | None] = detect(
        paths, pa.array([text for _, text in rows], pa.large_string())
    ).to_pylist()
    return found


@given(rows=st.lists(st.tuples(_PATHS, _TEXTS), max_size=12), split=st.integers(0, 12))
def test_rows_of_a_batch_are_independent(
    rows: list[tuple[str | None, str | None]], split: int
) -> None:
    whole = _detect(rows)
    assert whole == [answer for row in rows for answer in _detect([row])]
    assert whole == _detect(rows[:split]) + _detect(rows[split:])


@given(rows=st.lists(st.tuples(_PATHS, _TEXTS), min_size=1, max_size=8), data=st.data())
def test_unrequested_rows_are_null(
    rows: list[tuple[str | None, str | None]], data: st.DataObject
) -> None:
    wanted = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    paths = pa.array([path for path, _ in rows], pa.string())
    texts = pa.array([text for _, text in rows], pa.large_string())
    found = detect(paths, texts, np.array(wanted)).to_pylist()
    whole = _detect(rows)
    assert found == [x if want else None for x, want in zip(whole, wanted, strict=True)]


@given(path=_PATHS, text=_TEXTS)
def test_the_content_does_not_override_the_name(path: str | None, text: str | None) -> None:
    by_path = by_name(pa.array([path], pa.string())).language[0].as_py()
    answer = _detect([(path, text)])[0]
    assert answer == by_path if by_path else answer in {None, *LANGUAGES}


@given(text=_TEXTS)
def test_the_content_decides_without_a_path(text: str | None) -> None:
    expected = classifier.classify(pa.array([text], pa.large_string()), confidence=CONFIDENCE)
    assert _detect([(None, text)]) == expected.to_pylist()


def test_a_confidence_that_is_not_reached_means_null() -> None:
    texts = pa.array(
        ["import os\n\ndef f(x):\n    return os.path.join(x)\n"] * 2, pa.large_string()
    )
    paths = pa.nulls(2, pa.string())
    assert detect(paths, texts, confidence=0.0).to_pylist() == ["Python", "Python"]
    assert detect(paths, texts, confidence=1 - 1e-12).to_pylist() == [None, None]


@given(path=_PATHS, text=_TEXTS)
def test_bytes_and_strings_have_the_same_language(path: str | None, text: str | None) -> None:
    paths = pa.array([path], pa.string())
    raw = pa.array([None if text is None else text.encode()], pa.large_binary())
    assert detect(paths, raw).to_pylist() == _detect([(path, text)])


def test_a_null_text_is_treated_as_empty() -> None:
    rows = [("a.py", None), ("a.h", None), ("a.sql", None), ("run", None)]
    assert _detect(rows) == ["Python", "C", None, None]
    assert _detect(rows) == _detect([(path, "") for path, _ in rows])


def test_a_sliced_column_is_read_from_its_offset() -> None:
    paths = pa.array(["x.h", "run", "y.h"])
    texts = pa.array(["class A {};\n", "#!/bin/sh\n", "int x;\n"], pa.large_string())
    assert detect(paths[1:], texts[1:]).to_pylist() == ["Shell", "C"]


def test_an_empty_batch_has_an_empty_result_of_strings() -> None:
    empty = detect(pa.array([], pa.string()), pa.array([], pa.large_string()))
    assert len(empty) == 0
    assert empty.type == pa.string()


def test_a_prefix_may_end_inside_a_character() -> None:
    text = "x" + "é" * (32 << 10)
    assert _detect([("a.h", text), ("a.sql", text), ("run", text)]) == ["C", None, None]


@pytest.mark.parametrize("name", sorted(table.OTHER_EXTENSIONS["data"].split()))
def test_data_is_unknown_whatever_its_first_line(name: str) -> None:
    assert _detect([(f"a.{name}", "#!/bin/sh\n")]) == [None]


def test_the_standard_library_has_the_languages_of_its_names(standard_library: Path) -> None:
    files = sorted(standard_library.glob("*.py")) + sorted(standard_library.glob("idlelib/*"))
    files = [file for file in files if file.is_file() and file.suffix != ".pyc"]
    texts = [file.read_bytes().decode("utf-8", "replace") for file in files]
    found = _detect(list(zip(map(str, files), texts, strict=True)))
    for file, language in zip(files, found, strict=True):
        expected = {".py": "Python", ".pyw": "Python", ".html": "HTML"}.get(file.suffix)
        assert language == expected, file
