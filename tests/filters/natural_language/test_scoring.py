"""Scores beside langid's own."""

import numpy as np
import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from filters.natural_language.model import LANGUAGES, model
from filters.natural_language.scoring import score

TEXTS = [
    "returns the number of bytes that were written, or an error",
    "gibt die Anzahl der geschriebenen Bytes zurück oder einen Fehler",
    "retourne le nombre d'octets écrits ou une erreur",
    "возвращает количество записанных байтов или ошибку",
    "쓰여진 바이트 수 또는 오류를 반환합니다",
    "zwraca liczbę zapisanych bajtów albo błąd, jeśli plik nie istnieje",
]


@pytest.fixture(scope="module")
def langid() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(LANGUAGES)
    return identifier


@pytest.mark.parametrize("text", TEXTS)
def test_the_answer_is_that_of_langid(langid: LanguageIdentifier, text: str) -> None:
    expected, _ = langid.classify(text)
    assert score(np.frombuffer(text.encode(), np.uint8), model()) == expected


def test_weights_are_langid_s_without_rounding(langid: LanguageIdentifier) -> None:
    columns = [langid.nb_classes.index(language) for language in LANGUAGES]
    expected = langid.nb_ptc[:, columns].astype(np.float64)
    assert (model().weights / 1024.0 == expected).all()


def test_no_language_is_given_where_none_is_ahead() -> None:
    assert score(np.frombuffer(b"x", np.uint8), model()) is None
    assert score(np.empty(0, np.uint8), model()) is None
