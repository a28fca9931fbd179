"""Rows of a corpus in a store."""

from pathlib import Path

import numpy as np
import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.rows import open_corpus
from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import parse_location
from tests.pipelines.corpus.synthetic import write_corpus


def test_shards_are_copied_once_their_size_is_reported(bucket: str, tmp_path: Path) -> None:
    local = Folder(write_corpus(tmp_path / "corpus", [20, 0, 7]))
    remote = open_folder(parse_location(f"{bucket}/corpus"))
    for name in local.files():
        remote.write_bytes(name, local.read_bytes(name), {})
    here, said = open_corpus(tmp_path / "corpus"), list[str]()
    there = open_corpus(f"{bucket}/corpus", said.append)
    assert len(said) == 1
    assert said[0].startswith("copying 0.00 GB of shards from")
    rows = np.random.default_rng(0).permutation(27)
    assert there.digest == here.digest
    assert np.array_equal(there.ids(rows), here.ids(rows))
    assert np.array_equal(there.loss_mask(rows), here.loss_mask(rows))
    remote.write_bytes("shards/data-00000-of-00003.arrow", b"short", {})
    with pytest.raises(UsageError, match="is truncated or changed"):
        open_corpus(f"{bucket}/corpus")
