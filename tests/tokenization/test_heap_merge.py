"""Words too long for the word cache: exact, in bounded memory, and in O(n log n) time."""

import itertools
import random
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from codecorpus.tokenization.byte_alphabet import CHARACTERS
from codecorpus.tokenization.encoder import Encoder
from codecorpus.tokenization.vocabulary import END_OF_TEXT, Vocabulary

Ids = Callable[[list[bytes]], list[list[int]]]


def of_letters(letters: str, size: int) -> bytes:
    return "".join(random.Random(size).choices(letters, k=size)).encode()


@pytest.mark.parametrize("size", [513, 575, 576, 577, 640, 4_095, 4_096, 65_537])
def test_words_of_many_kinds(encode: Ids, reference: Ids, size: int) -> None:
    texts = [
        b"a" * size,
        b"ab" * (size // 2),
        of_letters("etaoin", size),
        of_letters(string.ascii_letters, size),
        of_letters("aé\u4e2d", size),
        of_letters(string.punctuation, size),
        b"=" * size,
        b"7" * size,
        b" " * size,
    ]
    pairs = zip(encode(texts), reference(texts), strict=True)
    assert [found == expected for found, expected in pairs] == [True] * len(texts)


def test_a_heap_full_of_changed_pairs(
    reference_by: Callable[[Vocabulary], Ids],
    ids_by: Callable[[Encoder, list[bytes]], list[list[int]]],
) -> None:
    """Each merge changes two pairs, so the heap fills with outdated entries, which are removed.

    Otherwise it would need 1.16 entries per byte, and it has room for 1.125.
    """
    letters = "abcdefghi"
    pairs = list(itertools.product(letters, letters))
    doubles = [left + right for left, right in pairs]
    random.Random(5).shuffle(pairs)
    merges = [
        *pairs,
        *itertools.product(doubles, letters),
        *itertools.product(letters, doubles),
        *itertools.product(doubles, doubles),
    ]
    made = dict.fromkeys(left + right for left, right in merges)
    base = {token: number for number, token in enumerate([*CHARACTERS, *made, END_OF_TEXT])}
    vocabulary = Vocabulary.from_base(base, merges)
    texts = [of_letters(letters, size) for size in (600, 5_000, 20_000)]
    found = ids_by(Encoder(vocabulary, cache_bits=8), texts)
    assert found == reference_by(vocabulary)(texts)


MEASURED = """
import pathlib, re, sys
import numpy as np
from codecorpus.foundation.columns import ByteColumn
from codecorpus.tokenization.encoder import Encoder
from codecorpus.tokenization.vocabulary_sources import load_vocabulary

def memory(field):
    status = pathlib.Path("/proc/self/status").read_text()
    return 1024 * int(re.search(field + r":\\s+(\\d+)", status)[1])

encoder = Encoder(load_vocabulary("gpt2"), cache_bits=8)
encoder.encode(ByteColumn.from_values([b"a" * 600]))
size = 8 << 20
text = np.random.default_rng(1).choice(np.frombuffer(b"etaoinshr", np.uint8), size + 100)
column = ByteColumn(text, np.array([0]), np.array([size]))
before = memory("VmRSS")
pathlib.Path("/proc/self/clear_refs").write_text("5")  # resets the peak
encoder.encode(column)
sys.stdout.write(str((memory("VmHWM") - before) / size))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_word_of_eight_megabytes_takes_less_than_twelve_bytes_a_byte(
    vocabulary: Vocabulary,
) -> None:
    """Nine for the heap and the bits, two for the ids. A quadratic algorithm would not finish."""
    del vocabulary  # the fixture has put it into the cache
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", MEASURED]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert 2 < float(answer.stdout or 0) < 12, answer.stderr
