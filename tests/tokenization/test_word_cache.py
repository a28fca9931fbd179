"""The table of words compares whole words, not only their hashes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from codecorpus.tokenization.word_cache import WordCache, find_long, hash_long, insert, make_cache

IDS = np.arange(5, dtype=np.uint16)


def padded(word: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(word + bytes(16), np.uint8)


def kept(word: bytes) -> tuple[WordCache, np.uint64]:
    """A table that holds the word, and its hash."""
    cache = make_cache(8)
    text, size = padded(word), np.int64(len(word))
    word_hash = np.uint64(hash_long(text, np.int64(0), size, cache.keys[0], cache.keys[1]))
    insert(cache, word_hash, text, np.int64(0), size, IDS, np.int64(len(IDS)))
    return cache, word_hash


@pytest.mark.parametrize("size", [17, 23, 24, 25, 512])
def test_a_word_with_the_same_hash_is_another_word_at_any_byte(size: int) -> None:
    word = bytes(range(97, 122)) * 21
    cache, word_hash = kept(word[:size])
    assert find_long(cache, word_hash, padded(word[:size]), np.int64(0), np.int64(size)) >= 0
    for at in range(size):
        other = word[:at] + b"!" + word[at + 1 : size]
        assert find_long(cache, word_hash, padded(other), np.int64(0), np.int64(size)) == -1


def test_a_longer_word_with_the_same_hash_is_another_word() -> None:
    cache, word_hash = kept(b"a" * 20)
    assert find_long(cache, word_hash, padded(b"a" * 21), np.int64(0), np.int64(21)) == -1


def test_hashes_are_keyed_anew_for_each_table() -> None:
    assert kept(b"a" * 20)[1] != kept(b"a" * 20)[1]
