"""Rows of a corpus, and masks for their loss."""

import json
import multiprocessing
import os
import resource
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.rows import Corpus, open_corpus, target_mask
from tests.pipelines.corpus.synthetic import write_corpus


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


def test_a_manifest_without_the_rows_of_a_part_is_refused(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    manifest["files"] = {
        name: digest for name, digest in manifest["files"].items() if not name.startswith("rows/")
    }
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match=r"rows/part-00000-of-.*: is not in the manifest"):
        open_corpus(copy)


def test_a_damaged_shard_or_table_of_the_right_size_is_refused(copy: Path) -> None:
    table = min((copy / "rows").glob("*.parquet"))
    table.write_bytes(bytes(table.stat().st_size))
    with pytest.raises(UsageError, match=r"rows/part-.*: cannot be read"):
        open_corpus(copy).loss_mask([0])
    shard = shards(copy)[0]
    shard.write_bytes(b"\1" * shard.stat().st_size)
    with pytest.raises(UsageError, match=r"shards/data-.*: cannot be read"):
        open_corpus(copy)


def test_an_incomplete_build_or_another_format_is_refused(copy: Path) -> None:
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"format": 99}))
    with pytest.raises(UsageError, match="the manifest has format 99"):
        open_corpus(copy)
    (copy / "manifest.json").unlink()
    (copy / "log" / "plan").mkdir(parents=True, exist_ok=True)
    (copy / "log" / "plan" / "plan.json").touch()
    with pytest.raises(UsageError, match="the build is not complete"):
        open_corpus(copy)


@given(st.lists(st.integers(0, 33)), st.just(32))
def test_a_mask_has_one_target_less_than_valid_ids(lengths: list[int], targets: int) -> None:
    mask = target_mask(np.array(lengths, np.int32), targets)
    expected = [[column + 1 < length for column in range(targets)] for length in lengths]
    assert mask.tolist() == expected


def read(corpus: Corpus, rows: list[int]) -> tuple[np.ndarray, np.ndarray]:
    return corpus.ids(rows), corpus.loss_mask(rows)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_other_processes_read_the_same(corpus: Corpus, method: str) -> None:
    """Workers of a DataLoader inherit the corpus, or get it pickled."""
    rows = [0, 5, corpus.rows - 1]
    if method == "spawn":
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            there = pool.submit(read, corpus, rows).result()
    else:
        there = _read_in_fork(corpus, rows)
    for one, other in zip(there, read(corpus, rows), strict=True):
        assert np.array_equal(one, other)


def _read_in_fork(corpus: Corpus, rows: list[int]) -> tuple[np.ndarray, np.ndarray]:
    read(corpus, rows)  # the kernels are loaded
    receive, send = multiprocessing.Pipe(duplex=False)
    process = os.fork()
    if process == 0:
        send.send(read(corpus, rows))
        os._exit(0)
    there: tuple[np.ndarray, np.ndarray] = receive.recv()
    os.waitpid(process, 0)
    return there


def test_1000_shards_open_in_under_a_second(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, [3, 0, 1, 2] * 250)
    begin = time.process_time()
    corpus = open_corpus(folder)
    assert time.process_time() - begin < 1
    assert corpus.rows == 1_500
    mask = corpus.loss_mask(np.arange(corpus.rows))
    assert ((corpus.ids(np.arange(corpus.rows))[:, 1:] == 50_256) == ~mask).all()


def test_opening_and_reading_a_row_read_little_from_the_disk(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path, [2_500], sequence_length=4_096)
    (shard,) = shards(folder)
    os.sync()
    with shard.open("rb") as file:  # out of the page cache
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_inblock
    open_corpus(folder).ids([0, 1_200, 2_499])
    read_bytes = 512 * (resource.getrusage(resource.RUSAGE_SELF).ru_inblock - before)
    assert read_bytes < shard.stat().st_size / 4


def test_lengths_are_read_when_they_are_needed(copy: Path) -> None:
    opened = open_corpus(copy)
    for path in sorted((copy / "rows").glob("*.parquet"))[1:]:
        path.unlink()
    assert opened.loss_mask([0]).any()
