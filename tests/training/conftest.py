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


class _Corpora(dict[str, Path]):
    """Builds the corpus of a packing when it is first asked for."""

    def __init__(self, folders: pytest.TempPathFactory) -> None:
        super().__init__()
        self._folders = folders

    def __missing__(self, packing: str) -> Path:
        self[packing] = build_corpus(self._folders.mktemp(packing), packing)
        return self[packing]


@pytest.fixture(scope="session")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A corpus for each packing, by name."""
    return _Corpora(tmp_path_factory)


@pytest.fixture(scope="session")
def corpus_folder(corpora: dict[str, Path]) -> Path:
    return corpora["pad"]
