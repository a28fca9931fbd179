"""The README's example for other trainers works, also with workers."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from codecorpus.pipelines.corpus.rows import open_corpus

PAGE = Path(__file__).parents[3] / "README.md"


def example() -> str:
    block = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
    (code,) = (code for code in block.findall(PAGE.read_text("utf-8")) if "DataLoader" in code)
    return str(code)


@pytest.mark.parametrize("workers", [0, 2])
def test_a_data_loader_gets_every_valid_target_once(corpus_folder: Path, workers: int) -> None:
    code = example().replace("build/quickstart", str(corpus_folder))
    assert str(corpus_folder) in code
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    loader = torch.utils.data.DataLoader(
        names["Rows"](), batch_size=16, shuffle=True, num_workers=workers
    )
    corpus = open_corpus(corpus_folder)
    rows, targets = 0, 0
    for inputs, labels in loader:
        assert inputs.dtype == labels.dtype == torch.int64
        assert inputs.shape == labels.shape == (len(inputs), corpus.sequence_length)
        rows += len(inputs)
        targets += int((labels >= 0).sum())
    assert rows == corpus.rows
    assert targets == corpus.loss_mask(np.arange(corpus.rows)).sum()
