"""The language tags are CodeGeeX's."""

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.tokenization.language_tags import MORE_TAGS, TAGGED_LANGUAGES, TAGS, language_tag


def test_the_23_languages_are_ordered_by_their_tokens() -> None:
    assert len(TAGGED_LANGUAGES) == 23
    assert TAGGED_LANGUAGES[:6] == ("C++", "Python", "Java", "JavaScript", "C", "Go")
    assert TAGGED_LANGUAGES[-3:] == ("Cuda", "C#", "Objective-C++")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("Python", "# language: Python\n"),
        ("HTML", "<!--language: HTML-->\n"),
        ("CSS", "/* language: CSS */\n"),
        ("SQL", "-- language: SQL\n"),
        ("TeX", "% language: TeX\n"),
        ("Fortran", "!language: Fortran\n"),
        ("Objective-C++", "// language: Objective-C++\n"),
        ("Swift", "// language: swift\n"),
        ("Visual Basic", "' language: Visual Basic\n"),
        ("Delphi", "{language: Delphi}\n"),
        ("Abap", "* language: Abap\n"),
    ],
)
def test_tags_equal_codegeex_tags(language: str, line: str) -> None:
    assert language_tag(language) == line


def test_every_tag_names_its_language_and_is_unique() -> None:
    tags = {**TAGS, **MORE_TAGS}
    assert len(tags) == len(TAGS) + len(MORE_TAGS) == len(set(tags.values()))
    for language, line in tags.items():
        assert f"language: {language}".lower() in line.lower()


def test_a_language_without_a_tag_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'Klingon' has no tag; expected one of C\+\+, Python"):
        language_tag("Klingon")
