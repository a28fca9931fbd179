"""Reading a vocabulary from files: `vocab.json` with `merges.txt`, or a `tokenizer.json`.

A `tokenizer.json` must have the settings of `Vocabulary.tokenizer_json`, since the encoder has
no other normalizer, pattern or added tokens. Any other setting is an error that names it.
"""

import json
import operator
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization.vocabulary import EXTRA_TOKENS, Vocabulary


def read_vocabulary(path: Path) -> Vocabulary:
    """Read a folder with `vocab.json` and `merges.txt`, or a `tokenizer.json`.

    Raises:
        VocabularyError: a file is missing, or the encoder does not support its kind.
    """
    if path.is_dir():
        return parse_vocab_and_merges(
            read_bytes(path / "vocab.json"), read_bytes(path / "merges.txt"), where=str(path)
        )
    return parse_tokenizer_json(read_bytes(path), where=str(path))


def parse_vocab_and_merges(vocab_json: bytes, merges_txt: bytes, *, where: str) -> Vocabulary:
    """Parse the contents of a `vocab.json` and a `merges.txt` in GPT-2's format.

    Each line of `merges.txt` has two spellings separated by a space; the first line may be a
    `#version` line.
    """
    vocab = _object(vocab_json, f"{where}: vocab.json")
    lines = _text(merges_txt, f"{where}: merges.txt").replace("\r\n", "\n").split("\n")
    if lines[0].startswith("#version"):
        lines[0] = ""
    pairs = [line.split(" ") for line in lines if line]
    return Vocabulary.from_base(
        _ids(vocab, f"{where}: vocab.json"), _pairs(pairs, f"{where}: merges.txt"), where
    )


def parse_tokenizer_json(content: bytes, *, where: str) -> Vocabulary:
    """Parse the content of a `tokenizer.json` that has the settings a build writes."""
    document = _object(content, where)
    model = document.get("model")
    if not isinstance(model, dict) or model.get("type") != "BPE":
        found = model.get("type") if isinstance(model, dict) else model
        raise VocabularyError(f"{where}: the model is {found!r}, expected 'BPE'")
    vocab = _ids(model.get("vocab"), f"{where}: model.vocab")
    base_size = len(vocab) - EXTRA_TOKENS
    base = {spelling: identity for spelling, identity in vocab.items() if identity < base_size}
    merges = model.get("merges")
    if not isinstance(merges, list):
        raise VocabularyError(f"{where}: model.merges is not a list of pairs")
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in merges]
    vocabulary = Vocabulary.from_base(base, _pairs(pairs, f"{where}: model.merges"), where)
    if vocabulary.vocab != vocab:
        raise VocabularyError(
            f"{where}: the last {EXTRA_TOKENS} tokens are not CodeGeeX's; give the folder with "
            "vocab.json and merges.txt instead, and they are appended"
        )
    _check_settings(document, vocabulary.tokenizer_settings(), where)
    return vocabulary


def _check_settings(found: dict[str, Any], expected: dict[str, Any], where: str) -> None:
    """Raise unless all settings are the expected ones; a missing one counts as null."""
    parts = {key: value for key, value in expected.items() if key not in {"version", "model"}}
    for key, value in parts.items():
        part = _sorted_by_id(found.get(key)) if key == "added_tokens" else found.get(key)
        _check_equal(part, value, f"{where}: {key}")
    for key, value in expected["model"].items():
        _check_equal(found["model"].get(key, value), value, f"{where}: model.{key}")


def _sorted_by_id(tokens: Any) -> Any:  # noqa: ANN401 - any part of a JSON document
    """Added tokens sorted by id; any other value unchanged, for the comparison to reject."""
    try:
        return sorted(tokens, key=operator.itemgetter("id"))
    except (TypeError, KeyError):
        return tokens


def _check_equal(found: Any, expected: Any, what: str) -> None:  # noqa: ANN401 - as above
    if found != expected:
        raise VocabularyError(
            f"{what} is {json.dumps(found)[:200]}, expected {json.dumps(expected)[:200]}; only "
            "byte-level BPE with the settings of a build's tokenizer.json is supported"
        )


def read_bytes(path: Path) -> bytes:
    """A file's content.

    Raises:
        VocabularyError: the file cannot be read; the message says what a vocabulary can be.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise VocabularyError(
            f"{path}: {error.strerror}; a vocabulary is 'gpt2', a folder with vocab.json and "
            "merges.txt, or a tokenizer.json"
        ) from error


def _text(content: bytes, where: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise VocabularyError(f"{where}: not valid UTF-8 ({error})") from error


def _object(content: bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(_text(content, where))
    except json.JSONDecodeError as error:
        raise VocabularyError(f"{where}: not valid JSON ({error})") from error
    if not isinstance(document, dict):
        raise VocabularyError(f"{where}: is a {type(document).__name__}, expected an object")
    return document


def _ids(vocab: Any, where: str) -> dict[str, int]:  # noqa: ANN401 - any part of a JSON document
    if not isinstance(vocab, dict) or not set(map(type, vocab.values())) <= {int}:
        raise VocabularyError(f"{where}: not an object of tokens and their ids")
    return vocab


def _pairs(pairs: Sequence[Any], where: str) -> list[tuple[str, str]]:
    lists = {*map(type, pairs)} <= {list} and {*map(len, pairs)} <= {2}
    if lists and {*map(type, chain.from_iterable(pairs))} <= {str}:
        return list(map(tuple, pairs))
    number, pair = next(entry for entry in enumerate(pairs, 1) if not _is_pair(entry[1]))
    raise VocabularyError(f"{where}: merge {number:,} is {str(pair)[:80]!r}, expected two tokens")


def _is_pair(pair: Any) -> bool:  # noqa: ANN401 - any part of a JSON document
    return type(pair) is list and [*map(type, pair)] == [str, str]
