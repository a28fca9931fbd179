"""The arrays of a vocabulary, made anew and out of the cache."""

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


def test_what_is_kept_is_what_was_made(
    vocabulary: Vocabulary, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = arrays(compile_vocabulary(vocabulary))
    first = arrays(read_compiled_vocabulary(tokenizer, tmp_path / "cache"))
    monkeypatch.setattr(
        "codecorpus.tokenization.compiled_vocabulary.compile_vocabulary", None
    )  # not called again
    again = arrays(read_compiled_vocabulary(tokenizer, tmp_path / "cache"))
    for one, other, third in zip(made, first, again, strict=True):
        assert np.array_equal(one, other)
        assert np.array_equal(one, third)
        assert np.asarray(one).dtype == np.asarray(third).dtype
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".npz"]


@pytest.mark.parametrize("harm", ["cut", "changed", "empty"])
def test_a_damaged_cache_is_made_anew(
    vocabulary: Vocabulary, tokenizer: Path, tmp_path: Path, harm: str
) -> None:
    read_compiled_vocabulary(tokenizer, tmp_path / "cache")
    (kept,) = (tmp_path / "cache").iterdir()
    content = bytearray(kept.read_bytes())
    whole = bytes(content)
    content[len(content) // 2] ^= 1
    harmed = {"cut": whole[: len(whole) // 2], "changed": bytes(content), "empty": b""}[harm]
    kept.write_bytes(harmed)
    found = read_compiled_vocabulary(tokenizer, tmp_path / "cache")
    assert np.array_equal(found.merges.slots, compile_vocabulary(vocabulary).merges.slots)
    assert kept.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_done_without(tokenizer: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    assert read_compiled_vocabulary(tokenizer, tmp_path / "cache").end_of_text == 50_256


def test_another_file_has_arrays_of_its_own(tokenizer: Path, tmp_path: Path) -> None:
    read_compiled_vocabulary(tokenizer, tmp_path / "cache")
    tokenizer.write_bytes(tokenizer.read_bytes() + b" ")
    read_compiled_vocabulary(tokenizer, tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 2


def test_what_is_no_vocabulary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text("{}")
    with pytest.raises(VocabularyError, match=r"tokenizer\.json"):
        read_compiled_vocabulary(path, tmp_path / "cache")
    with pytest.raises(VocabularyError, match=r"none\.json"):
        read_compiled_vocabulary(tmp_path / "none.json", tmp_path / "cache")
