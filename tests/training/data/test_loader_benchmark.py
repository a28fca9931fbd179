"""Our side of the loader's benchmark works, which otherwise only a long run would show."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.implementations import loading
from codecorpus.pipelines.corpus.rows import open_corpus


@pytest.fixture
def rows(corpus_folder: Path, tmp_path: Path) -> np.ndarray:
    (tmp_path / "corpus").symlink_to(corpus_folder)
    corpus = open_corpus(corpus_folder)
    return corpus.ids(np.arange(corpus.rows))


def test_our_loader_gives_the_rows(rows: np.ndarray, tmp_path: Path) -> None:
    assert loading.check("codecorpus", tmp_path, rows) == "all rows"
    assert loading.check("codecorpus", tmp_path, rows + np.uint16(1)).startswith("DIFFERENT")


@pytest.mark.parametrize("cold", [False, True])
def test_our_loader_is_measured(rows: np.ndarray, tmp_path: Path, cold: bool) -> None:
    result = loading.measure("codecorpus", tmp_path, rows, cold=cold, seconds=0.01)
    assert result["rows"] > 0
    assert result["wall"] > 0
