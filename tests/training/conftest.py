from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.training.corpora import build_corpus
from tests.training.processes import Processes


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """Four processes that all tests of a session share."""
    with Processes() as processes:
        yield processes


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A corpus for each packing, by name."""
    return {
        packing: build_corpus(tmp_path_factory.mktemp(packing), packing)
        for packing in ("pad", "concat", "best_fit")
    }


@pytest.fixture(scope="session")
def corpus_folder(corpora: dict[str, Path]) -> Path:
    return corpora["pad"]
