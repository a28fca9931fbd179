"""Random texts for the encoder, with every kind of character, determined by a seed."""

import functools
import random
import string
import sys
import unicodedata
from collections import defaultdict
from collections.abc import Callable

SOUP = " \n\t'sre1!\u00a0é\u3000"
"""Characters from every branch of GPT-2's pattern."""

SPECIAL = [
    "<|endoftext|>",
    "<|extratoken_12|>",
    "<|extratoken_10|>",
    "<|endoftext|",
    "|endoftext|>",
    "Ġ",
    "Ċ",
]
SUFFIXES = ["s", "t", "re", "ve", "m", "ll", "d", "l", "r", "v", "n't", "\u017f", "\u017ft"]
CODE = ["def ", "return ", "self.", "();", "{\n", "    ", "\t\t", "// ", '"""', "0x1F", "==", "->"]


@functools.cache
def _by_category() -> list[list[str]]:
    """All characters by general category, including unassigned and private ones."""
    found = defaultdict(list)
    for point in range(sys.maxunicode + 1):
        character = chr(point)
        category = unicodedata.category(character)
        if category != "Cs":  # surrogates have no UTF-8
            found[category].append(character)
    return [found[category] for category in sorted(found)]


def _any_category(source: random.Random, size: int) -> str:
    return "".join(source.choice(source.choice(_by_category())) for _ in range(size))


def _one_category(source: random.Random, size: int) -> str:
    return "".join(source.choices(source.choice(_by_category()), k=size))


def _one_plane(source: random.Random, size: int) -> str:
    start = source.randrange(17) << 16
    points = (start + source.randrange(1 << 16) for _ in range(size))
    return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)


def _printable(source: random.Random, size: int) -> str:
    return "".join(source.choices(string.printable, k=size))


def _ascii(source: random.Random, size: int) -> str:
    return "".join(chr(source.randrange(128)) for _ in range(size))


def _soup(source: random.Random, size: int) -> str:
    return "".join(source.choices(SOUP, k=size))


def _run(source: random.Random, size: int) -> str:
    unit = source.choice([" ", " ", " ", "\n", "\t", "\r\n", "a", "'", "1", "!", "é", "\u3000"])
    return unit * source.choice([size, source.randrange(80)])


def _line_ends(source: random.Random, size: int) -> str:
    return "".join(source.choices(["\r\n", "\n", "\r", "\n\r", " ", "  ", "\x0b", "x"], k=size))


def _contractions(source: random.Random, size: int) -> str:
    words = []
    for _ in range(size):
        suffix = source.choice(SUFFIXES)
        cased = "".join(source.choice([one, one, one.upper()]) for one in suffix)
        words.append(source.choice(["it", "", "", " ", "'", "1", "é"]))
        words.append(source.choice(["'", "'", "'", "\u2019"]) + cased)
    return "".join(words)


def _code(source: random.Random, size: int) -> str:
    return "".join(source.choices([*CODE, *SPECIAL, *string.ascii_letters], k=size))


KINDS: list[Callable[[random.Random, int], str]] = [
    _any_category,
    _one_category,
    _one_plane,
    _printable,
    _ascii,
    _soup,
    _run,
    _line_ends,
    _contractions,
    _code,
]


def random_texts(count: int, seed: int) -> list[bytes]:
    """Texts of one to six pieces, each of one kind; every fourth starts with up to 130 letters.

    So any piece can cross the bounds of the 64-byte blocks that the encoder processes.
    """
    source = random.Random(seed)
    texts = []
    for number in range(count):
        begin = "x" * source.randrange(131) if number % 4 == 0 else ""
        kinds = source.choices(KINDS, k=source.randint(1, 6))
        pieces = [kind(source, source.randint(1, 8)) for kind in kinds]
        texts.append("".join([begin, *pieces]).encode())
    return texts
