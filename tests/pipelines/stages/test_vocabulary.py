"""A recipe's vocabulary is read from a folder, a file or a URL."""

from pathlib import Path
from typing import Any

import pytest

from codecorpus.foundation.errors import VocabularyError
from codecorpus.pipelines.sources.base import UnreadableError
from codecorpus.pipelines.stages import vocabulary as module
from codecorpus.pipelines.stages.vocabulary import obtain_vocabulary
from codecorpus.tokenization.vocabulary import Vocabulary
from tests.pipelines.stages.planned import make_recipe


def recipe_with(name: str) -> Any:
    return make_recipe(encode={"vocabulary": name})


def serve(monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes]) -> None:
    """Make `read_whole` answer for some URLs."""

    def read_whole(url: object) -> bytes:
        if str(url) not in files:
            raise UnreadableError("unreadable.io", "404")
        return files[str(url)]

    monkeypatch.setattr(module, "read_whole", read_whole)


def test_a_path_starts_at_the_folder_of_the_recipe(tmp_path: Path, vocabulary: Vocabulary) -> None:
    (tmp_path / "tokenizer.json").write_bytes(vocabulary.tokenizer_json())
    found = obtain_vocabulary(recipe_with("tokenizer.json"), tmp_path)
    assert found.fingerprint == vocabulary.fingerprint


def test_a_url_that_ends_in_json_is_a_tokenizer(
    monkeypatch: pytest.MonkeyPatch, vocabulary: Vocabulary
) -> None:
    url = "https://example.org/mine.JSON"
    serve(monkeypatch, {url: vocabulary.tokenizer_json()})
    assert obtain_vocabulary(recipe_with(url), Path()).fingerprint == vocabulary.fingerprint


def test_another_url_is_a_folder_with_two_files(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "s3://bucket/mine"
    serve(monkeypatch, {f"{url}/vocab.json": b"{}", f"{url}/merges.txt": b"#version: 0.2\n"})
    with pytest.raises(VocabularyError, match=r"^s3://bucket/mine"):
        obtain_vocabulary(recipe_with(url), Path())


def test_a_url_without_a_file_says_what_was_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, {})
    with pytest.raises(VocabularyError, match=r"x/vocab.json: 404; expected the URL of a"):
        obtain_vocabulary(recipe_with("https://example.org/x"), Path())
