"""The tables are complete, spelled like CodeGeeX's, and consistent."""

from collections import Counter

from codecorpus.filters.languages import table
from codecorpus.filters.languages.extension_groups import EXTENSION_GROUPS
from codecorpus.filters.languages.table import LANGUAGES


def _words(lists: dict[str, str]) -> list[str]:
    return [word for line in lists.values() for word in line.split()]


def test_the_languages_are_codegeexs_23_in_its_order() -> None:
    assert (
        *("C++", "Python", "Java", "JavaScript", "C", "Go", "HTML", "Shell", "PHP", "CSS"),
        *("TypeScript", "SQL", "TeX", "Rust", "Objective-C", "Scala", "Kotlin", "Pascal"),
        *("Fortran", "R", "Cuda", "C#", "Objective-C++"),
    ) == LANGUAGES


def test_every_language_can_be_detected() -> None:
    grouped = {test.language for group in EXTENSION_GROUPS.values() for test in group.tests}
    grouped |= {group.default for group in EXTENSION_GROUPS.values()}
    assert set(table.EXTENSIONS) | grouped - {None} == set(LANGUAGES)


def test_every_group_has_tests() -> None:
    assert {*EXTENSION_GROUPS, "header"} == set(table.AMBIGUOUS)


def test_tables_name_known_languages_only() -> None:
    for lists in (table.EXTENSIONS, table.FILE_NAMES, table.INTERPRETERS):
        assert set(lists) <= set(LANGUAGES)
    assert {*table.CASED.values(), *table.MODES.values()} <= set(LANGUAGES)


def test_an_extension_is_in_one_table_once() -> None:
    lists = (table.EXTENSIONS, table.AMBIGUOUS, table.OTHER_EXTENSIONS, table.NOT_SOURCE)
    counts = Counter(word for words in lists for word in _words(words))
    assert [word for word, count in counts.items() if count > 1] == []
    assert all(word == word.lower() for word in counts)


def test_names_and_interpreters_are_unique() -> None:
    for lists in (table.FILE_NAMES, table.INTERPRETERS):
        assert max(Counter(_words(lists)).values()) == 1
