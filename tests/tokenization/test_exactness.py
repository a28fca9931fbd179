"""Long comparisons of the encoder with `tokenizers`: random strings, and real code."""

import itertools
import random
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from codecorpus.foundation.columns import ByteColumn
from codecorpus.tokenization.decoder import Decoder
from codecorpus.tokenization.encoder import Encoder
from codecorpus.tokenization.vocabulary import Vocabulary
from tests.tokenization.random_texts import random_texts

Ids = Callable[[list[bytes]], list[list[int]]]

BATCH = 20_000


def differing(encode: Ids, reference: Ids, texts: list[bytes]) -> list[bytes]:
    """The texts with different ids; pytest would take minutes to compare long lists of ids."""
    pairs = zip(texts, encode(texts), reference(texts), strict=True)
    return [text[:200] for text, found, expected in pairs if found != expected]


def test_twenty_thousand_random_strings(encode: Ids, reference: Ids) -> None:
    assert differing(encode, reference, random_texts(BATCH, seed=0)) == []


@pytest.mark.slow
def test_a_million_random_strings(encode: Ids, reference: Ids) -> None:
    for seed in range(1, 1_000_000 // BATCH + 1):
        assert differing(encode, reference, random_texts(BATCH, seed)) == []


def test_runs_of_spaces_at_every_position_in_a_block(encode: Ids, reference: Ids) -> None:
    lengths, positions = (*range(24), 61, 71, 128, 131), (0, 1, 30, *range(42, 66))
    endings = ["", "x", "'s x", "\n", "\n\nx", "\té", "é", "\u3000y", "!", "7"]
    texts = [
        f"{'a' * position}{' ' * length}{rest}".encode()
        for position, length, rest in itertools.product(positions, lengths, endings)
    ]
    assert differing(encode, reference, texts) == []


def test_contractions_at_every_position_in_a_block(encode: Ids, reference: Ids) -> None:
    pieces = [
        "'s",
        "'ll",
        "'re",
        "'l",
        "'self'",
        "''s",
        " 's",
        "!'s",
        "  't",
        "'d'd",
        "\u2019s",
        "'S",
    ]
    texts = [
        f"{'a' * position}{piece}{rest}".encode()
        for position, piece, rest in itertools.product(
            range(56, 68), pieces, ["", "x", " y", "é", "'"]
        )
    ]
    assert differing(encode, reference, texts) == []


@pytest.mark.slow
def test_a_hundred_megabytes_of_real_code(encode: Ids, reference: Ids) -> None:
    compared = 0
    for texts in _installed_code(100_000_000):
        assert differing(encode, reference, texts) == []
        compared += sum(map(len, texts))
    assert compared > 50_000_000  # a small environment may have less than 100 MB


def _installed_code(limit: int) -> Iterator[list[bytes]]:
    """The text files of this Python and its packages, about 4 MB at a time."""
    names = ("stdlib", "purelib", "platlib", "include")
    roots = dict.fromkeys(Path(sysconfig.get_paths()[name]) for name in names)
    suffixes = {".py", ".pyi", ".h", ".hpp", ".c", ".cpp", ".pyx", ".js", ".css", ".html", ".md"}
    seen: set[Path] = set()
    batch: list[bytes] = []
    for path in itertools.chain(*(sorted(root.rglob("*")) for root in roots)):
        if path.suffix not in suffixes or path in seen or not path.is_file():
            continue
        seen.add(path)
        content = path.read_bytes()
        try:
            content.decode()
        except UnicodeDecodeError:
            continue
        batch.append(content)
        if sum(map(len, batch)) > 4_000_000:
            yield batch
            limit -= sum(map(len, batch))
            batch = []
            if limit <= 0:
                return
    yield batch


def test_invalid_utf8_decodes_to_the_same_bytes(encoder: Encoder, vocabulary: Vocabulary) -> None:
    source = random.Random(3)
    pieces = [b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", b"\xed\xa0\x80", b"\xc0\x80"]
    texts = [source.randbytes(source.randrange(200)) for _ in range(2_000)]
    texts += [
        b"".join(source.choice([*pieces, b"def", b"    ", b" ", b"'s"]) for _ in range(40))
        for _ in range(2_000)
    ]
    decoder = Decoder(vocabulary)
    encoded = encoder.encode(ByteColumn.from_values(texts))
    starts_and_ends = itertools.pairwise(encoded.offsets.tolist())
    found = [decoder.decode(encoded.ids[start:end]) for start, end in starts_and_ends]
    assert found == texts
    assert encoded.ids.dtype == np.uint16
