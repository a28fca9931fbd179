"""Shards have the same bytes, however their rows are written, and `datasets` reads them."""

from pathlib import Path

import datasets
import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.corpus.shards import CLASSES, ROWS_PER_BATCH, ShardWriter, dataset_files
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder


def write(folder: Folder, name: str, ids: np.ndarray, cuts: list[int]) -> FileDigest:
    digests: dict[str, FileDigest] = {}
    languages = np.arange(len(ids)) % len(CLASSES)
    with ShardWriter.create(folder, name, ids.shape[1] - 1, digests) as writer:
        for first, last in zip([0, *cuts], [*cuts, len(ids)], strict=True):
            writer.write(ids[first:last], languages[first:last])
        assert writer.rows == len(ids)
    return digests[name]


@given(
    rows=st.integers(0, 2 * ROWS_PER_BATCH + 5),
    cuts=st.lists(st.integers(0, 2 * ROWS_PER_BATCH + 5), max_size=4),
)
def test_any_split_of_the_rows_gives_the_same_file(
    tmp_path_factory: object, rows: int, cuts: list[int]
) -> None:
    folder = Folder(tmp_path_factory.mktemp("shards"))  # type: ignore[attr-defined]
    ids = np.arange(rows * 3, dtype=np.uint16).reshape(rows, 3)
    whole = write(folder, "whole", ids, [])
    assert write(folder, "cut", ids, sorted(min(cut, rows) for cut in cuts)) == whole


def test_batches_have_the_size_that_datasets_writes(tmp_path: Path) -> None:
    ids = np.zeros((2 * ROWS_PER_BATCH + 1, 3), np.uint16)
    write(Folder(tmp_path), "x", ids, [7])
    sizes = [batch.num_rows for batch in pa.ipc.open_stream(tmp_path / "x")]
    assert sizes == [ROWS_PER_BATCH, ROWS_PER_BATCH, 1]


def test_datasets_reads_several_shards_in_order(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    ids = np.arange(12, dtype=np.uint16).reshape(4, 3)
    shards = {
        name: write(folder, name, part, [])
        for name, part in (("a.arrow", ids[:1]), ("b.arrow", ids[1:1]), ("c.arrow", ids[1:]))
    }
    for name, data in dataset_files(2, shards).items():
        (tmp_path / name).write_bytes(data)
    rows = datasets.load_from_disk(str(tmp_path))
    assert np.array(rows["input_ids"][:]).tolist() == ids.tolist()
    assert rows.features["language"].int2str(len(CLASSES) - 1) == "mixed"


def test_the_fingerprint_depends_on_the_content() -> None:
    one = {"a.arrow": FileDigest(1, "11")}
    assert dataset_files(2, one) == dataset_files(2, dict(one))
    assert dataset_files(2, one) != dataset_files(2, {"a.arrow": FileDigest(1, "22")})
