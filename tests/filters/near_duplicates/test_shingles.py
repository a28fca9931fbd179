import re
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.shingles import CHUNK, shingle
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.errors import UsageError

TOKEN = re.compile(rb"[0-9A-Za-z_\x80-\xff]+")
FEW = st.lists(
    st.sampled_from([b"a", b"b", b"_", b"\xc3\xa9", b"7", b" ", b"\n", b"(", b"@", b"`"])
)
TEXTS = st.lists(st.binary(max_size=200) | FEW.map(b"".join), max_size=6)


def grams(text: bytes, ngram: int) -> list[tuple[bytes, ...]]:
    tokens = TOKEN.findall(text)
    if 0 < len(tokens) < ngram:
        return [tuple(tokens)]
    return [tuple(tokens[i : i + ngram]) for i in range(len(tokens) - ngram + 1)]


def assert_hashes_match(texts: Sequence[bytes], ngram: int) -> None:
    """Hashes are in order, and equal if and only if the shingles are."""
    shingles = shingle(ByteColumn.from_values(list(texts)), ngram)
    expected = [grams(text, ngram) for text in texts]
    assert shingles.tokens.tolist() == [len(TOKEN.findall(text)) for text in texts]
    assert np.diff(shingles.offsets).tolist() == [len(each) for each in expected]
    flat = [gram for each in expected for gram in each]
    hash_of = dict(zip(flat, shingles.hashes.tolist(), strict=True))
    assert [hash_of[gram] for gram in flat] == shingles.hashes.tolist()
    assert len(set(hash_of.values())) == len(hash_of)


@given(TEXTS, st.integers(1, 7))
def test_hashes_identify_token_ngrams(texts: list[bytes], ngram: int) -> None:
    assert_hashes_match(texts, ngram)


def test_every_byte_is_classified_as_defined() -> None:
    assert_hashes_match([bytes([65, byte, 65]) for byte in range(256)], 1)


@pytest.mark.parametrize("size", [7, 8, 9, 15, 16, 17, 24, 25, 63, 64, 65, 200])
def test_each_byte_of_a_token_counts(size: int) -> None:
    token = bytes(97 + i % 26 for i in range(size))
    assert_hashes_match(
        [token, *(token[:i] + b"_" + token[i + 1 :] for i in range(size)), token + b"0"], 1
    )


@pytest.mark.parametrize("shift", range(-3, 4))
@pytest.mark.parametrize("length", [1, 5, 64, CHUNK + 70])
def test_tokens_may_span_chunks(shift: int, length: int) -> None:
    text = b"x " * ((CHUNK + shift) // 2) + b" " * (shift % 2) + b"y" * length + b" end of it all"
    assert_hashes_match([text, text + b"!" * CHUNK, b"y" * length], 5)


def test_hashes_of_real_files(texts: list[bytes]) -> None:
    assert_hashes_match(texts[:60], 5)


def test_a_hash_does_not_depend_on_the_position_in_the_buffer() -> None:
    data = np.frombuffer(b"zz alpha beta_gamma delta zz", np.uint8)
    inside = ByteColumn(data, np.array([3]), np.array([25]))
    alone = ByteColumn.from_values([b"alpha beta_gamma delta"])
    assert shingle(inside, 2).hashes.tolist() == shingle(alone, 2).hashes.tolist()


def test_white_space_and_punctuation_are_ignored() -> None:
    column = ByteColumn.from_values([b"if (a) { b = c; }", b"if a:\n\tb = [c]\n"])
    first, second = np.split(shingle(column, 3).hashes, 2)
    assert first.tolist() == second.tolist()


def test_hashes_are_the_same_on_every_machine() -> None:
    column = ByteColumn.from_values(
        [b"int main(void) { return 0; }", b"a_rather_long_name_of_38_bytes_for_it"]
    )
    assert [hex(value) for value in shingle(column, 5).hashes.tolist()] == [
        "0xb2bd329da012d491",
        "0xa93c283461739af4",
    ]


@given(TEXTS)
def test_distinct_returns_sorted_sets(texts: list[bytes]) -> None:
    shingles = shingle(ByteColumn.from_values(texts), 2)
    sets = shingles.distinct()
    for row in range(len(texts)):
        part = shingles.hashes[shingles.offsets[row] : shingles.offsets[row + 1]]
        found = sets.hashes[sets.offsets[row] : sets.offsets[row + 1]]
        assert found.tolist() == np.unique(part).tolist()


def test_a_shingle_of_no_tokens_is_refused() -> None:
    with pytest.raises(UsageError, match="ngram is 0"):
        shingle(ByteColumn.from_values([b"a"]), 0)
