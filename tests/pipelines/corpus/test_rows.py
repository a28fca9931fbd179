"""Rows of a corpus, and masks for their loss."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.rows import Corpus, open_corpus


@pytest.fixture
def corpus(built: Path) -> Corpus:
    return open_corpus(built)


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the build, to damage."""
    return shutil.copytree(built, tmp_path / "copy")


def shards(folder: Path) -> list[Path]:
    return sorted((folder / "shards").glob("*.arrow"))


def test_rows_are_those_of_the_shards(corpus: Corpus, built: Path) -> None:
    tables = [pa.ipc.open_stream(path.read_bytes()).read_all() for path in shards(built)]
    expected = np.array(pa.concat_tables(tables)["input_ids"].to_pylist(), np.uint16)
    assert corpus.rows == len(expected)
    assert np.array_equal(corpus.ids(np.arange(corpus.rows)), expected)
    some = np.random.default_rng(0).integers(0, corpus.rows, 50)
    assert np.array_equal(corpus.ids(some), expected[some])


def test_the_loss_mask_is_true_for_every_id_that_rows_places(corpus: Corpus, built: Path) -> None:
    valid = np.zeros((corpus.rows, corpus.sequence_length + 1), bool)
    for path in sorted((built / "rows").glob("*.parquet")):
        for placed in pq.read_table(path).to_pylist():
            valid[placed["row"], placed["offset"] : placed["offset"] + placed["length"]] = True
    rows = np.arange(corpus.rows)
    assert np.array_equal(corpus.loss_mask(rows), valid[:, 1:])
    assert np.array_equal(corpus.lengths(rows), valid.sum(1))
    assert (corpus.ids(rows)[:, 1:][~corpus.loss_mask(rows)] == 50_256).all()


def test_the_digest_follows_from_the_shards(corpus: Corpus, copy: Path) -> None:
    assert open_corpus(copy).digest == corpus.digest
    manifest = json.loads((copy / "manifest.json").read_text())
    name = next(name for name in manifest["files"] if name.startswith("shards/data"))
    manifest["files"][name][1] = "0" * 64
    (copy / "manifest.json").write_text(json.dumps(manifest))
    assert open_corpus(copy).digest != corpus.digest


@pytest.mark.parametrize("rows", [[-1], [10**9]])
def test_other_rows_do_not_exist(corpus: Corpus, rows: list[int]) -> None:
    with pytest.raises(IndexError, match="the corpus has rows 0 to"):
        corpus.ids(rows)


def test_a_missing_truncated_or_further_shard_is_refused(copy: Path) -> None:
    first = shards(copy)[0]
    shutil.copy(first, copy / "shards" / "data-00099-of-00100.arrow")
    with pytest.raises(UsageError, match=r"data-00099-of-00100\.arrow: is not a shard of this"):
        open_corpus(copy)
    (copy / "shards" / "data-00099-of-00100.arrow").unlink()
    data = first.read_bytes()
    first.write_bytes(data[:-100])
    with pytest.raises(UsageError, match="is truncated or changed; run `codecorpus verify"):
        open_corpus(copy)
    first.unlink()
    with pytest.raises(UsageError, match="is missing; run `codecorpus verify"):
        open_corpus(copy)


def test_rows_must_be_there(copy: Path) -> None:
    shutil.rmtree(copy / "rows")
    with pytest.raises(UsageError, match=r"rows/part-.*: is missing"):
        open_corpus(copy)


def test_shards_with_another_row_length_are_refused(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["sequence_length"] //= 2
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match="the manifest expects"):
        open_corpus(copy)


def test_a_folder_without_a_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no build here"):
        open_corpus(tmp_path)
