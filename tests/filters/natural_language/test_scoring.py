"""Identification compared with langid."""

from pathlib import Path

import numpy as np
import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from codecorpus.filters.natural_language.model import NATURAL_LANGUAGES, Model, load_model
from codecorpus.filters.natural_language.scoring import identify

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
    identifier.set_languages(NATURAL_LANGUAGES)
    return identifier


@pytest.mark.parametrize("text", TEXTS)
def test_the_language_equals_langids(langid: LanguageIdentifier, text: str) -> None:
    expected, _ = langid.classify(text)
    assert identify(np.frombuffer(text.encode(), np.uint8), load_model()) == expected


def test_weights_equal_langids_without_rounding(langid: LanguageIdentifier) -> None:
    columns = [langid.nb_classes.index(language) for language in NATURAL_LANGUAGES]
    expected = langid.nb_ptc[:, columns].astype(np.float64)
    assert (load_model().weights / 1024.0 == expected).all()


def test_no_language_if_none_is_ahead() -> None:
    assert identify(np.frombuffer(b"x", np.uint8), load_model()) is None
    assert identify(np.empty(0, np.uint8), load_model()) is None


def same(one: Model, other: Model) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in Model._fields)


def test_the_model_works_if_it_cannot_be_cached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("a file where the folder would be")
    monkeypatch.setenv("CODECORPUS_CACHE", str(tmp_path / "cache"))
    made = load_model.__wrapped__()
    assert same(made, load_model())


def test_the_model_is_unpacked_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CODECORPUS_CACHE", str(tmp_path))
    first = load_model.__wrapped__()
    monkeypatch.setattr(
        "codecorpus.filters.natural_language.model._unpack", lambda: pytest.fail("twice")
    )
    second = load_model.__wrapped__()
    assert same(first, second)
