"""The nearest known word is suggested, however it is spelt."""

import pytest

from codecorpus.foundation.config_files.suggestions import nearest, suggestion

KNOWN = ["best_fit", "Folder", "pile"]


@pytest.mark.parametrize(
    ("word", "like"),
    [("best-fit", "best_fit"), ("FOLDR", "Folder"), ("piles", "pile"), ("zzzz", None)],
)
def test_the_nearest_word_ignores_case_and_hyphens(word: str, like: str | None) -> None:
    assert nearest(word, KNOWN) == like


def test_a_suggestion_is_the_nearest_word_or_all_known_words() -> None:
    assert suggestion("foldr", KNOWN) == "did you mean `Folder`?"
    assert suggestion("zzzz", KNOWN) == "known: best_fit, Folder, pile"
