"""The word cache compares whole words, not only their hashes."""

import numpy as np
import pytest
from numpy.typing import NDArray

from codecorpus.tokenization.word_cache import WordCache, find_long, hash_long, insert, make_cache

IDS = np.arange(5, dtype=np.uint16)


def padded(word: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(word + bytes(16), np.uint8)


def cache_with(word: bytes) -> tuple[WordCache, np.uint64]:
    """A word cache with one word, and its hash."""
    cache = make_cache(8)
    text, size = padded(word), np.int64(len(word))
    word_hash = np.uint64(hash_long(text, np.int64(0), size, cache.keys[0], cache.keys[1]))
    insert(cache, word_hash, text, np.int64(0), size, IDS, np.int64(len(IDS)))
    return cache, word_hash


@pytest.mark.parametrize("size", [17, 23, 24, 25, 512])
def test_words_with_equal_hashes_differ_at_any_byte(size: int) -> None:
    word = bytes(range(97, 122)) * 21
    cache, word_hash = cache_with(word[:size])
    assert find_long(cache, word_hash, padded(word[:size]), np.int64(0), np.int64(size)) >= 0
    for at in range(size):
        other = word[:at] + b"!" + word[at + 1 : size]
        assert find_long(cache, word_hash, padded(other), np.int64(0), np.int64(size)) == -1


def test_words_with_equal_hashes_differ_by_length() -> None:
    cache, word_hash = cache_with(b"a" * 20)
    assert find_long(cache, word_hash, padded(b"a" * 21), np.int64(0), np.int64(21)) == -1


def test_each_table_has_its_own_hash_keys() -> None:
    assert cache_with(b"a" * 20)[1] != cache_with(b"a" * 20)[1]
