import pyarrow as pa
import pytest

from codecorpus.filters.languages import detect
from codecorpus.filters.languages.by_label import by_label
from codecorpus.filters.languages.table import LANGUAGES


def test_the_name_of_each_language_in_any_case() -> None:
    for change_case in (str, str.upper, str.lower):
        names = pa.array([f" {change_case(name)} " for name in LANGUAGES])
        assert by_label(names).tolist() == list(range(len(LANGUAGES)))


@pytest.mark.parametrize(
    ("label", "language"),
    [
        ("cpp", "C++"),
        ("Objective-C++", "Objective-C++"),
        ("objective-cpp", None),
        ("shell", "Shell"),
        ("Golang", "Go"),
        ("Ruby", None),
        ("", None),
        (None, None),
    ],
)
def test_other_names(label: str | None, language: str | None) -> None:
    (code,) = by_label(pa.array([label], pa.string())).tolist()
    assert (None if code < 0 else LANGUAGES[code]) == language


def test_the_path_takes_precedence_then_the_claimed_language_then_the_content() -> None:
    shebang = "#!/bin/sh\n"
    rows = [
        ("a.py", "C", "Python"),
        ("a.rb", "C", None),
        ("run", "Python", "Python"),
        ("run", "Ruby", None),
        ("run", None, "Shell"),
        (None, "cuda", "Cuda"),
    ]
    paths, claimed_language, expected = zip(*rows, strict=True)
    texts = pa.array([shebang] * len(rows), pa.large_string())
    found = detect(
        pa.array(paths, pa.string()),
        texts,
        claimed_language=pa.array(claimed_language, pa.string()),
    )
    assert found.to_pylist() == list(expected)
