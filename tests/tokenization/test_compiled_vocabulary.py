"""The arrays of a vocabulary, compiled and read from the cache."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization.compiled_vocabulary import (
    CompiledVocabulary,
    compile_vocabulary,
    read_compiled_vocabulary,
)
from codecorpus.tokenization.vocabulary import Vocabulary


@pytest.fixture
def tokenizer(vocabulary: Vocabulary, tmp_path: Path) -> Path:
    path = tmp_path / "tokenizer.json"
    path.write_bytes(vocabulary.tokenizer_json())
    return path


def arrays(compiled: CompiledVocabulary) -> list[Any]:
    return [*compiled.merges, compiled.space_ids, compiled.end_of_text]


def test_cached_arrays_equal_compiled_arrays(
    vocabulary: Vocabulary, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = arrays(compile_vocabulary(vocabulary))
    first = arrays(read_compiled_vocabulary(tokenizer, tmp_path / "cache"))
    monkeypatch.setattr(
        "codecorpus.tokenization.compiled_vocabulary.compile_vocabulary", None
    )  # not called again
    again = arrays(read_compiled_vocabulary(tokenizer, tmp_path / "cache"))
    for one, other, third in zip(compiled, first, again, strict=True):
        assert np.array_equal(one, other)
        assert np.array_equal(one, third)
        assert np.asarray(one).dtype == np.asarray(third).dtype
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".npz"]


@pytest.mark.parametrize("damage", ["truncated", "changed", "empty"])
def test_a_damaged_cache_file_is_replaced(
    vocabulary: Vocabulary, tokenizer: Path, tmp_path: Path, damage: str
) -> None:
    read_compiled_vocabulary(tokenizer, tmp_path / "cache")
    (cached,) = (tmp_path / "cache").iterdir()
    content = bytearray(cached.read_bytes())
    whole = bytes(content)
    content[len(content) // 2] ^= 1
    damaged = {"truncated": whole[: len(whole) // 2], "changed": bytes(content), "empty": b""}[
        damage
    ]
    cached.write_bytes(damaged)
    found = read_compiled_vocabulary(tokenizer, tmp_path / "cache")
    assert np.array_equal(found.merges.slots, compile_vocabulary(vocabulary).merges.slots)
    assert cached.read_bytes() == whole


def test_works_without_a_writable_cache(tokenizer: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert read_compiled_vocabulary(tokenizer, tmp_path / "cache").end_of_text == 50_256


def test_another_file_has_another_cache_file(tokenizer: Path, tmp_path: Path) -> None:
    read_compiled_vocabulary(tokenizer, tmp_path / "cache")
    tokenizer.write_bytes(tokenizer.read_bytes() + b" ")
    read_compiled_vocabulary(tokenizer, tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_a_file_without_vocabulary_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    with pytest.raises(VocabularyError, match=r"tokenizer\.json"):
        read_compiled_vocabulary(path, tmp_path / "cache")
    with pytest.raises(VocabularyError, match=r"none\.json"):
        read_compiled_vocabulary(tmp_path / "none.json", tmp_path / "cache")
