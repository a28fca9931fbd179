"""Extensions, whole names, case, unusual paths, and names of files that are not source code."""

import pyarrow as pa
import pytest

from codecorpus.filters.languages import by_name, table
from codecorpus.filters.languages.by_name import GROUP_NAMES, not_source


def _language(path: str) -> str | None:
    found: str | None = by_name(pa.array([path])).language[0].as_py()
    return found


@pytest.mark.parametrize(
    ("extension", "language"),
    [(word, name) for name, words in table.EXTENSIONS.items() for word in words.split()],
)
def test_an_extension_of_one_language_decides(extension: str, language: str) -> None:
    assert _language(f"src/a.{extension}") == language
    assert _language(f"b.c/d.e.{extension}") == language


@pytest.mark.parametrize(
    ("name", "language"),
    [(word, name) for name, words in table.FILE_NAMES.items() for word in words.split()],
)
def test_a_whole_name_decides(name: str, language: str) -> None:
    assert _language(name) == _language(f"home/{name}") == language


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("A.PY", "Python"),
        ("A.Java", "Java"),
        ("a.c", "C"),
        ("a.C", "C++"),
        ("A.CPP", "C++"),
        ("a.H", "C++"),
        ("A.F90", "Fortran"),
        ("a.c++", "C++"),
        ("A.HTM", "HTML"),
        ("pkgbuild", None),
        ("Sconstruct", None),
    ],
)
def test_case_matters_for_some_names(path: str, language: str | None) -> None:
    assert _language(path) == language


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a\n.py", "Python"),
        ("a.py\n", None),
        ("a.p\ny", None),
        ("with space.js", "JavaScript"),
        ("café.rb", None),
        ("\\xff\\xfe.go", "Go"),
        ("back\\\\slash.py", "Python"),
        ("a.py.", None),
        (".py", None),
        ("..py", None),
        (".a.py", "Python"),
        (".git/hooks.py/x", None),
        ("a.tar.gz", None),
        ("types.d.ts", None),
        ("view.blade.php", None),
        ("a.py/", None),
        ("", None),
        ("/", None),
        ("x" * 4096 + ".css", "CSS"),
    ],
)
def test_unusual_paths(path: str, language: str | None) -> None:
    assert _language(path) == language


@pytest.mark.parametrize(
    "path",
    [
        "a.pyx",
        "a.ipynb",
        "a.vue",
        "a.scss",
        "a.less",
        "a.jinja",
        "a.bib",
        "a.fish",
        "a.csh",
        "a.in",
        "a.json",
        "README.md",
        "a.xml",
        "a.pl",
        "a.rb",
        "a.unheard-of",
        "Makefile",
    ],
)
def test_other_languages_are_unknown(path: str) -> None:
    assert _language(path) is None


def test_ambiguous_extensions_have_a_group() -> None:
    for group, words in table.AMBIGUOUS.items():
        verdict = by_name(pa.array([f"a.{word}" for word in words.split()]))
        assert {GROUP_NAMES[code] for code in verdict.ambiguous} == {group}
        assert verdict.language.null_count == len(verdict.language)
        assert not verdict.undecided.any()


def test_unknown_names_are_undecided() -> None:
    paths = ["run", "bin/run.local", "a.", ".config", "a.py", "a.h", "a.tcl", "a.png", None]
    verdict = by_name(pa.array(paths))
    assert verdict.undecided.tolist() == [True] * 4 + [False] * 5


def test_a_null_path_decides_nothing() -> None:
    verdict = by_name(pa.array([None, "a.py"], pa.string()))
    assert verdict.language.to_pylist() == [None, "Python"]
    assert verdict.ambiguous.tolist() == [0, 0]
    assert not_source(pa.array([None], pa.string())).tolist() == [False]


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string()])
def test_empty_batches_and_both_string_types(type_: pa.DataType) -> None:
    assert len(by_name(pa.array([], type_)).language) == 0
    assert not_source(pa.array([], type_)).tolist() == []
    assert by_name(pa.array(["a.go"], type_)).language.to_pylist() == ["Go"]
    assert not_source(pa.array(["a.png"], type_)).tolist() == [True]


def test_a_sliced_array_is_read_from_its_offset() -> None:
    paths = pa.array(["a.py", "b.go", "c.png"])
    assert by_name(paths[1:]).language.to_pylist() == ["Go", None]
    assert not_source(paths[1:]).tolist() == [False, True]


@pytest.mark.parametrize(
    "path",
    [
        "a.png",
        "A.JPG",
        "x/y.woff2",
        "a.mp3",
        "a.tar.gz",
        "a.whl",
        "a.so",
        "liba.so.1.2",
        "a.pyc",
        "A.class",
        "a.o",
        "a.pdf",
        "a.sqlite3",
        "a.safetensors",
        ".DS_Store",
        "d/Thumbs.db",
    ],
)
def test_names_of_files_that_are_not_source_code(path: str) -> None:
    assert not_source(pa.array([path])).tolist() == [True]


@pytest.mark.parametrize(
    "path",
    [
        "a.py",
        "a.h",
        "png",
        "a.png.py",
        "a.txt",
        "a.json",
        "a.xml",
        "Makefile",
        ".png",
        "a.so.py",
        "a.ts",
        "a.so.d",
        "so.1",
        "a.png/b",
        "a.svg.",
        "",
    ],
)
def test_other_names_must_be_read(path: str) -> None:
    assert not_source(pa.array([path])).tolist() == [False]


def test_no_file_of_a_language_is_left_unread() -> None:
    words = [word for line in table.EXTENSIONS.values() for word in line.split()]
    words += [word for line in table.AMBIGUOUS.values() for word in line.split()]
    assert not not_source(pa.array([f"a.{word}" for word in words])).any()
