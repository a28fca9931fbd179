"""The encoder returns the ids of `tokenizers` for every text."""

import itertools
import random
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codecorpus.foundation.characters import CLASSES, CODE_POINTS
from codecorpus.foundation.columns import ByteColumn
from codecorpus.tokenization.byte_alphabet import CHARACTERS
from codecorpus.tokenization.encoder import Encoder
from codecorpus.tokenization.vocabulary import END_OF_TEXT, Vocabulary
from codecorpus.tokenization.vocabulary_files import read_vocabulary

Ids = Callable[[list[bytes]], list[list[int]]]

SOUP = " \n\t'sre1!\u00a0é\u3000"
"""Characters from every branch of GPT-2's pattern."""

EXPECTED = {
    "# language: Python\n": [2, 3303, 25, 11361, 198],
    "def f(x):\n    return x\n": [4299, 277, 7, 87, 2599, 198, 50268, 7783, 2124, 198],
    "x" + 11 * " " + "y": [87, 50274, 331],
    "x" + 21 * " " + "y": [87, 50274, 50274, 331],
    "a\n\nb": [64, 198, 198, 65],
    "a\n\n    b": [64, 628, 50268, 65],
    "\t\tx": [197, 197, 87],
    "a\r\n  b": [64, 201, 198, 50266, 65],
}
"""Ids from CodeGeeX's own tokenizer."""

RUNS = st.builds(
    lambda character, count: character * count,
    st.sampled_from(
        [" ", "\n", "\t", "a", "Z", "é", "1", "!", "\r\n", "\u3000", "€", "\U0001d4b3", "'"]
    ),
    st.integers(1, 70),
)
PIECES = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=8),
    st.text(st.sampled_from(SOUP), max_size=12),
    st.text(st.sampled_from(string.printable), max_size=40),
    RUNS,
    st.sampled_from(
        ["<|endoftext|>", "<|extratoken_12|>", "'s", "'ll", "'re", "'ve", "'l", "def ", "return"]
    ),
)
TEXTS = st.lists(PIECES, max_size=12).map(lambda pieces: "".join(pieces).encode())


@pytest.mark.parametrize(("text", "ids"), EXPECTED.items())
def test_ids_equal_those_of_codegeex(encode: Ids, text: str, ids: list[int]) -> None:
    assert encode([text.encode()]) == [ids]


def test_special_tokens_in_a_text_are_ordinary_text(encode: Ids, vocabulary: Vocabulary) -> None:
    text, forged = encode([b"<|endoftext|>", b"<|extratoken_12|>"])
    assert text == [27, 91, 437, 1659, 5239, 91, 29]
    assert max(forged) < vocabulary.end_of_text


@settings(max_examples=300)
@given(st.lists(TEXTS, max_size=4))
@example([b"", b"x", b""])
def test_any_texts_have_the_ids_of_the_reference(
    encode: Ids, reference: Ids, texts: list[bytes]
) -> None:
    assert encode(texts) == reference(texts)


def test_short_strings_of_difficult_characters(encode: Ids, reference: Ids) -> None:
    texts = _strings(3)
    assert encode(texts) == reference(texts)


@pytest.mark.slow
def test_all_strings_of_five_difficult_characters(encode: Ids, reference: Ids) -> None:
    texts = _strings(5)
    assert encode(texts) == reference(texts)


def _strings(longest: int) -> list[bytes]:
    lengths = range(1, longest + 1)
    products = (itertools.product(SOUP, repeat=length) for length in lengths)
    return ["".join(letters).encode() for letters in itertools.chain(*products)]


def test_the_code_points_where_classes_change(encode: Ids, reference: Ids) -> None:
    starts = np.flatnonzero(np.diff(CLASSES)) + 1
    texts = _surrounded(sorted({*(starts - 1).tolist(), *starts.tolist()}))
    assert len(texts) > 2_000
    assert encode(texts) == reference(texts)


@pytest.mark.slow
def test_every_code_point(encode: Ids, reference: Ids) -> None:
    texts = _surrounded(list(range(CODE_POINTS)))
    joined = [b"\t".join(texts[at : at + 64]) for at in range(0, len(texts), 64)]
    assert encode(joined) == reference(joined)


def _surrounded(points: list[int]) -> list[bytes]:
    """Each character between letters, numbers and signs, so that its class affects the ids."""
    characters = [chr(point) for point in points if not 0xD800 <= point < 0xE000]
    return [f"a{one}a1{one}1!{one}! {one}\n{one}".encode() for one in characters]


def test_source_files(encode: Ids, reference: Ids, standard_library: list[bytes]) -> None:
    sample = standard_library[::40]
    assert encode(sample) == reference(sample)


@pytest.mark.slow
def test_the_whole_standard_library(
    encode: Ids, reference: Ids, standard_library: list[bytes]
) -> None:
    assert encode(standard_library) == reference(standard_library)


def test_a_word_of_a_megabyte(encode: Ids, reference: Ids) -> None:
    source = random.Random(7)
    words = ["a" * 1_000_000, "".join(source.choices(string.ascii_letters, k=1_000_000))]
    texts = [word.encode() for word in words]
    assert encode(texts) == reference(texts)


@pytest.mark.parametrize("size", [15, 16, 17, 47, 48, 49, 511, 512, 513])
def test_words_at_the_size_limits_of_each_method(encode: Ids, reference: Ids, size: int) -> None:
    source = random.Random(size)
    word = "".join(source.choices("etaoin", k=size)).encode()
    almost = word[:-1] + b"x"
    texts = [word, word, almost, word + b" " + almost]
    assert encode(texts) == reference(texts)


@given(TEXTS, st.integers(0, 40))
def test_ids_do_not_depend_on_the_position_in_the_buffer(
    encoder: Encoder, text: bytes, room: int
) -> None:
    padded = np.frombuffer(text + bytes(room), np.uint8)
    starts, ends = np.array([0, 0, len(text)]), np.array([len(text), 0, len(text)])
    encoded = encoder.encode(ByteColumn(padded, starts, ends))
    alone = encoder.encode(ByteColumn.from_values([text]))
    assert encoded.ids.tolist() == alone.ids.tolist()
    assert encoded.offsets.tolist() == [0, *[len(alone.ids)] * 3]


def test_values_in_any_order(encode: Ids, encoder: Encoder) -> None:
    values = [b"one two", b"  three", b"", b"four\n", b"five"]
    rows = np.array([4, 1, 1, 2, 0])
    encoded = encoder.encode(ByteColumn.from_values(values).select(rows))
    expected = encode([values[row] for row in rows])
    assert encoded.ids.tolist() == list(itertools.chain(*expected))
    assert np.diff(encoded.offsets).tolist() == [len(ids) for ids in expected]


def test_a_sliced_arrow_array(encode: Ids, encoder: Encoder) -> None:
    array = pa.array(["zero", "one two", "three"], pa.large_string()).slice(1)
    encoded = encoder.encode(ByteColumn.from_arrow(array))
    assert encoded.ids.tolist() == [*itertools.chain(*encode([b"one two", b"three"]))]


def test_no_values(encoder: Encoder) -> None:
    encoded = encoder.encode(ByteColumn.from_values([]))
    assert encoded.ids.dtype == np.uint16
    assert encoded.ids.tolist() == []
    assert encoded.offsets.tolist() == [0]


def test_a_full_word_cache_changes_no_ids(
    vocabulary: Vocabulary,
    encode: Ids,
    ids_by: Callable[[Encoder, list[bytes]], list[list[int]]],
    standard_library: list[bytes],
) -> None:
    sample = standard_library[::60]
    small = Encoder(vocabulary, cache_bits=8)
    assert ids_by(small, sample) == encode(sample)
    assert small.cache_resets > 10


def test_another_vocabulary(
    other_folder: Path,
    reference_by: Callable[[Vocabulary], Ids],
    ids_by: Callable[[Encoder, list[bytes]], list[list[int]]],
    standard_library: list[bytes],
) -> None:
    vocabulary = read_vocabulary(other_folder)
    assert vocabulary.size == 1_500 + 143
    assert vocabulary.end_of_text == 0
    texts = [*standard_library[::80], *_strings(3), b"x" * 3_000]
    assert ids_by(Encoder(vocabulary, cache_bits=12), texts) == reference_by(vocabulary)(texts)


def test_word_boundaries_with_a_vocabulary_that_merges_every_pair(
    reference_by: Callable[[Vocabulary], Ids],
    ids_by: Callable[[Encoder, list[bytes]], list[list[int]]],
) -> None:
    letters = [CHARACTERS[byte] for byte in b" \n\t'sre1!"]
    pairs = list(itertools.product(letters, letters))
    merges = [*pairs, *((left + right, left + right) for left, right in pairs)]
    tokens = [*CHARACTERS, *(left + right for left, right in merges), END_OF_TEXT]
    base = {token: identity for identity, token in enumerate(tokens)}
    vocabulary = Vocabulary.from_base(base, merges)
    texts = _strings(4)
    assert ids_by(Encoder(vocabulary), texts) == reference_by(vocabulary)(texts)


READ_BEFORE_PROTECTED_PAGE = """
import ctypes, mmap, sys
import numpy as np
from codecorpus.foundation.columns import ByteColumn
from codecorpus.tokenization.encoder import Encoder
from codecorpus.tokenization.vocabulary_sources import load_vocabulary

page = mmap.PAGESIZE
room = mmap.mmap(-1, 2 * page)
address = ctypes.addressof(ctypes.c_char.from_buffer(room))
assert ctypes.CDLL(None).mprotect(ctypes.c_void_p(address + page), page, 0) == 0
data = np.frombuffer(room, np.uint8)[:page]
data[:] = ord("a")
encoder = Encoder(load_vocabulary("gpt2"), cache_bits=8)
texts = [("é €'l  words " * 9).encode(), bytes(range(256))[::-1], b"\\xf4" * 99, b"l" * 99]
for text in texts:
    for size in range(1, 99):
        data[-size:] = np.frombuffer(text, np.uint8)[:size]
        starts, ends = np.array([0, page - size]), np.array([page - size, page])
        encoder.encode(ByteColumn(data, starts, ends))
sys.stdout.write("read within bounds")
sys.stdout.flush()
import os
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
def test_nothing_is_read_past_the_end_of_the_buffer(vocabulary: Vocabulary) -> None:
    del vocabulary  # the fixture has put it into the cache
    root = Path(__file__).parents[2]
    answer = subprocess.run(
        [sys.executable, "-c", READ_BEFORE_PROTECTED_PAGE],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.stdout == "read within bounds", answer.stderr
