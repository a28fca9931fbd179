"""The natural language of comments, and the sample of files."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from codecorpus.filters.natural_language import NONE, UNCLEAR, detect_in_comments, in_sample
from codecorpus.foundation.columns import ByteColumn

COMMENTS = {
    "en": "Reads all lines of the file and returns those that begin with the given prefix.",
    "de": "Liest alle Zeilen der Datei und gibt diejenigen zurück, die mit dem Präfix beginnen.",
    "fr": "Lit toutes les lignes du fichier et renvoie celles qui commencent par le préfixe donné.",
    "es": "Lee todas las líneas del archivo y devuelve las que empiezan con el prefijo indicado.",
    "ru": "Читает все строки файла и возвращает те, которые начинаются с заданного префикса.",  # noqa: RUF001
    "zh": "读取文件的所有行，并返回以给定前缀开头的那些行。如果文件不存在，则抛出异常。",  # noqa: RUF001
    "ja": "ファイルのすべての行を読み込み、指定された接頭辞で始まる行を返します。",
}


def languages_of(*files: tuple[str, str]) -> list[str | None]:
    texts = ByteColumn.from_values([text.encode() for _, text in files])
    languages = pa.array([language for language, _ in files], pa.string())
    found: list[str | None] = detect_in_comments(
        texts, languages, np.ones(len(files), np.bool_)
    ).to_pylist()
    return found


@pytest.mark.parametrize("language", COMMENTS)
def test_the_language_of_comments_is_detected(language: str) -> None:
    text = COMMENTS[language]
    assert (
        languages_of(
            ("Python", f'def read(path):\n    """{text}"""\n    return []\n'),
            ("Java", f"/** {text} */\nclass Reader {{ int lines = 0; }}\n"),
            ("Shell", f"#!/bin/sh\n# {text}\ncat $1\n"),
        )
        == [language] * 3
    )


def test_code_without_comments_has_none() -> None:
    assert languages_of(
        ("C", "int add(int first, int second) { return first + second; }\n" * 20)
    ) == [NONE]


def test_symbols_are_not_words() -> None:
    (found,) = languages_of(("Python", "# " + "x1 = f(a, b); " * 40))
    assert found in {NONE, UNCLEAR}


def test_unknown_programming_languages_and_unrequested_rows_are_null() -> None:
    text = f"# {COMMENTS['en']}\n"
    texts = ByteColumn.from_values([text.encode()] * 3)
    rows = np.array([True, False, True])
    found = detect_in_comments(texts, pa.array([None, "Python", "Python"], pa.string()), rows)
    assert found.to_pylist() == [None, None, "en"]


def ids(count: int) -> pa.Array:
    digests = [hashlib.sha1(str(number).encode()).digest() for number in range(count)]
    return pa.array(digests, pa.binary(20))


def test_a_sample_has_its_share_and_contains_smaller_ones() -> None:
    small, large = in_sample(ids(20_000), 0.02), in_sample(ids(20_000), 0.1)
    assert abs(small.mean() - 0.02) < 0.005
    assert abs(large.mean() - 0.1) < 0.01
    assert (small <= large).all()
    assert in_sample(ids(10), 1.0).all()
    assert not in_sample(ids(10), 0.0).any()


def test_a_sample_depends_on_the_content_ids_alone() -> None:
    whole = in_sample(ids(1_000), 0.3)
    assert (in_sample(ids(1_000).slice(500, 100), 0.3) == whole[500:600]).all()
