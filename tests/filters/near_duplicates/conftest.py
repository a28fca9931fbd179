"""Real source files, edited copies of them, and which pairs are truly similar."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import settings

from benchmarks.near_duplicate_files import LabelledCorpus, make_corpus, real_files

settings.register_profile("compiled", deadline=None)  # a kernel's first call compiles it
settings.load_profile("compiled")


@pytest.fixture(scope="session")
def corpus() -> LabelledCorpus:
    """600 real files and as many edited copies."""
    return make_corpus(real_files(600, 1), 600, 1)


@pytest.fixture(scope="session")
def large_corpus() -> LabelledCorpus:
    """Up to 10,000 real files and 3,000 edited copies."""
    return make_corpus(real_files(10_000, 2), 3_000, 2)


@pytest.fixture(scope="session")
def texts() -> list[bytes]:
    """300 real files."""
    return real_files(300, 3)


def words(numbers: Any) -> bytes:
    """A file with one token per number."""
    return b" ".join(b"w%d" % number for number in numbers)


@pytest.fixture(scope="session")
def pair_of_sets() -> Callable[[int, int, int], tuple[bytes, bytes]]:
    """Two files with `shared` common tokens and `own` tokens each of their own."""

    def make(shared: int, own: int, start: int) -> tuple[bytes, bytes]:
        first = words(range(start, start + shared + own))
        second = words([*range(start, start + shared), *range(start + 10**6, start + 10**6 + own)])
        return first, second

    return make
