"""The vocabulary: a base and 143 added tokens, and the inputs it refuses."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer

from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization.byte_alphabet import CHARACTERS, from_byte_alphabet, to_byte_alphabet
from codecorpus.tokenization.vocabulary import END_OF_TEXT, LARGEST_BASE, Vocabulary
from codecorpus.tokenization.vocabulary_files import (
    parse_tokenizer_json,
    parse_vocab_and_merges,
    read_vocabulary,
)
from tests.tokenization.reference import reference_tokenizer

BYTES = {character: byte for byte, character in enumerate(CHARACTERS)}
SMALL = {**BYTES, "ab": 256, "abc": 257, END_OF_TEXT: 258}
MERGES = [("a", "b"), ("ab", "c")]


def test_gpt2_with_codegeex_ids(vocabulary: Vocabulary) -> None:
    assert vocabulary.size == len(vocabulary.vocab) == 50_400
    assert len(vocabulary.merges) == 50_000
    assert vocabulary.end_of_text == 50_256
    assert vocabulary.space_tokens == {length: 50_264 + length for length in range(2, 11)}
    assert vocabulary.vocab["<|extratoken_1|>"] == 50_257
    assert vocabulary.vocab["<|extratoken_9|>"] == 50_265
    assert vocabulary.vocab["<|extratoken_19|>"] == 50_275
    assert vocabulary.vocab["<|extratoken_143|>"] == 50_399


def test_the_byte_alphabet_is_invertible() -> None:
    every = bytes(range(256))
    assert len(to_byte_alphabet(every)) == len(set(CHARACTERS)) == 256
    assert from_byte_alphabet(to_byte_alphabet(every)) == every
    assert to_byte_alphabet(b" \n!") == "ĠĊ!"
    assert from_byte_alphabet("two words") is None


def test_the_document_equals_the_one_the_library_writes(vocabulary: Vocabulary) -> None:
    written = json.loads(reference_tokenizer(vocabulary).to_str())
    assert vocabulary.tokenizer_document() == written
    assert list(vocabulary.tokenizer_document()) == list(written)


def test_tokenizer_json_opens_in_the_library_and_decodes(vocabulary: Vocabulary) -> None:
    opened = Tokenizer.from_str(vocabulary.tokenizer_json().decode())
    text = "def f(x):\n            return x  # <|endoftext|> é\n"
    ids = opened.encode(text).ids
    assert ids == reference_tokenizer(vocabulary).encode(text).ids
    assert opened.decode(ids, skip_special_tokens=False) == text


def test_tokenizer_json_reads_back_as_the_same_vocabulary(vocabulary: Vocabulary) -> None:
    again = parse_tokenizer_json(vocabulary.tokenizer_json(), where="tokenizer.json")
    assert again == vocabulary
    assert again.fingerprint == vocabulary.fingerprint
    assert again.tokenizer_json() == vocabulary.tokenizer_json()


def test_reads_files_that_the_library_saved(tmp_path: Path) -> None:
    vocabulary = Vocabulary.from_base(SMALL, MERGES)
    reference_tokenizer(vocabulary).save(str(tmp_path / "tokenizer.json"))
    assert read_vocabulary(tmp_path / "tokenizer.json") == vocabulary


def test_the_fingerprint_depends_only_on_the_content() -> None:
    vocabulary = Vocabulary.from_base(SMALL, MERGES)
    shuffled = Vocabulary.from_base(dict(reversed(SMALL.items())), MERGES)
    swapped = {**SMALL, "ab": 257, "abc": 256}
    others = [
        Vocabulary.from_base(SMALL, MERGES[:1]),
        Vocabulary.from_base(swapped, MERGES),
        replace(vocabulary, end_of_text=0),
    ]
    assert shuffled == vocabulary
    assert shuffled.fingerprint == vocabulary.fingerprint
    assert shuffled.tokenizer_json() == vocabulary.tokenizer_json()
    assert len({vocabulary.fingerprint, *(other.fingerprint for other in others)}) == 4


def test_token_bytes(vocabulary: Vocabulary) -> None:
    values = vocabulary.token_bytes()
    assert len(values) == vocabulary.size
    assert values[vocabulary.vocab["Ġthe"]] == b" the"
    assert values[vocabulary.end_of_text] == b""
    assert [values[identity] for identity in (50_266, 50_274)] == [b" " * 2, b" " * 10]
    nothing = [identity for identity, value in enumerate(values) if not value]
    assert len(nothing) == 1 + 143 - 9


def test_merges_with_windows_line_ends_and_without_a_version_line() -> None:
    merges = "a b\r\nab c\r\n"
    for content in (merges, "#version: 0.2\n" + merges):
        found = parse_vocab_and_merges(json.dumps(SMALL).encode(), content.encode(), where="here")
        assert found == Vocabulary.from_base(SMALL, MERGES)


def test_a_merge_of_number_signs_is_not_a_version_line() -> None:
    vocab = {**BYTES, "##": 256, END_OF_TEXT: 257}
    found = parse_vocab_and_merges(json.dumps(vocab).encode(), b"# #\n", where="here")
    assert found.merges == (("#", "#"),)


def without(*spellings: str) -> dict[str, int]:
    kept = [spelling for spelling in SMALL if spelling not in spellings]
    return {spelling: identity for identity, spelling in enumerate(kept)}


@pytest.mark.parametrize(
    ("base", "merges", "message"),
    [
        (without(END_OF_TEXT), MERGES, "no <|endoftext|>"),
        (without("Ġ", "Ċ"), MERGES, r"byte 0x0a, spelled 'Ċ' \(2 of 256"),
        ({**SMALL, "x y": 300}, MERGES, "not 0 to 259"),
        ({**SMALL, "x": 0}, MERGES, "each once"),
        ({**SMALL, "<|extratoken_3|>": 259}, MERGES, "<|extratoken_3|>"),
        ({**SMALL, "  ": 259}, MERGES, "one of the 143"),
        (SMALL, [("a", "b"), ("b", "c")], "merge 2 is 'b' \\+ 'c', but 'bc'"),
        (SMALL, [*MERGES, MERGES[0]], "twice"),
        (
            {**without("ab", "abc"), "<|endoftext|": 257},
            [("<|endoftext|", ">")],
            "makes <|endoftext|>",
        ),
        (
            {**SMALL, **{f"t{number}": 259 + number for number in range(LARGEST_BASE)}},
            [],
            "16 bits",
        ),
    ],
)
def test_a_base_that_cannot_be_used_is_refused(
    base: dict[str, int], merges: list[tuple[str, str]], message: str
) -> None:
    with pytest.raises(VocabularyError, match=message.replace("|", "\\|")) as caught:
        Vocabulary.from_base(base, merges, "the/folder")
    assert str(caught.value).startswith("the/folder: ")


def normalizing(document: dict[str, Any]) -> None:
    document["normalizer"] = {"type": "NFC"}


def with_prefix_space(document: dict[str, Any]) -> None:
    document["pre_tokenizer"]["add_prefix_space"] = True


def without_spaces(document: dict[str, Any]) -> None:
    document["added_tokens"] = []


def special(document: dict[str, Any]) -> None:
    document["added_tokens"][0]["special"] = True


def unigram(document: dict[str, Any]) -> None:
    document["model"]["type"] = "Unigram"


def with_dropout(document: dict[str, Any]) -> None:
    document["model"]["dropout"] = 0.1


def without_extra(document: dict[str, Any]) -> None:
    vocab = document["model"]["vocab"]
    document["model"]["vocab"] = {
        spelling: identity for spelling, identity in vocab.items() if identity < len(SMALL)
    }


def renamed(document: dict[str, Any]) -> None:
    vocab = document["model"]["vocab"]
    vocab["<|mine|>"] = vocab.pop("<|extratoken_143|>")


def without_merges(document: dict[str, Any]) -> None:
    del document["model"]["merges"]


def triple(document: dict[str, Any]) -> None:
    document["model"]["merges"][0] = ["a", "b", "c"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (normalizing, r'normalizer is {"type": "NFC"}, expected null'),
        (with_prefix_space, "pre_tokenizer is .* expected"),
        (without_spaces, r"added_tokens is \[\], expected \[{"),
        (special, "added_tokens is .*true"),
        (unigram, "model is 'Unigram', expected 'BPE'"),
        (with_dropout, "model.dropout is 0.1, expected null"),
        (without_extra, "endoftext"),
        (renamed, "last 143 tokens are not CodeGeeX's"),
        (without_merges, "model.merges is not a list"),
        (triple, "merge 1 is .*expected two tokens"),
    ],
)
def test_another_kind_of_tokenizer_is_refused(
    change: Callable[[dict[str, Any]], None], message: str
) -> None:
    document = Vocabulary.from_base(SMALL, MERGES).tokenizer_document()
    change(document)
    with pytest.raises(VocabularyError, match=message):
        parse_tokenizer_json(json.dumps(document).encode(), where="tokenizer.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "not valid UTF-8"),
        (b"{", "not valid JSON"),
        (b"[]", "is a list, expected an object"),
        (b'{"model": 7}', "the model is 7"),
        (b'{"model": {"type": "BPE", "vocab": {"a": "b"}}}', "not an object of tokens"),
    ],
)
def test_a_file_that_is_not_a_tokenizer_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(VocabularyError, match=f"mine: .*{message}|mine.*{message}"):
        parse_tokenizer_json(content, where="mine")


def test_a_missing_path_lists_what_a_vocabulary_can_be(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError, match=r"No such file.*'gpt2', a folder .* tokenizer.json"):
        read_vocabulary(tmp_path / "missing")
    with pytest.raises(VocabularyError, match=r"vocab.json: No such file"):
        read_vocabulary(tmp_path)
