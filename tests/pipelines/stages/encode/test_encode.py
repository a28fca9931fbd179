"""A part's documents become rows of ids; rows are then numbered through the whole data set."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.corpus.schemas import DECISIONS, DOCUMENTS, PLACEMENTS
from codecorpus.pipelines.corpus.tables import parquet_writer
from codecorpus.pipelines.stages.arrays import write_array
from codecorpus.pipelines.stages.artifacts import (
    CHOOSE_SURVIVORS,
    CURATE,
    ENCODE,
    EXACT,
    KEPT,
    NUMBER_ROWS,
)
from codecorpus.pipelines.stages.base import Stage, list_tasks, perform, require_done
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.dedup_result import COLUMNS
from codecorpus.pipelines.stages.encode import EncodeParts, NumberRows
from codecorpus.tokenization.vocabulary import Vocabulary
from tests.pipelines.stages.planned import plan_build

TEXTS = ["x = 1\n", "y = [2, 3]\n" * 60, "x = 1\n", "", "print('ü')\n"]
KINDS = [KEPT, KEPT, EXACT, KEPT, KEPT]
LENGTH = 64


def write_part(build: Build, part: int, texts: list[str], size: int) -> None:
    """Documents and decisions of a part, `size` rows a row group."""
    for name, schema in (
        (build.part_file("documents", part), DOCUMENTS),
        (CURATE.decisions(part), DECISIONS),
    ):
        columns = {field.name: pa.nulls(len(texts), field.type) for field in schema}
        columns["language"] = pa.array(["Python"] * len(texts))
        if schema is DOCUMENTS:
            columns["text"] = pa.array(texts, pa.large_string())
        table = pa.table([columns[name] for name in schema.names], schema=schema)
        with parquet_writer(build.folder, name, schema, {}) as writer:
            for batch in table.to_batches(max_chunksize=size):
                writer.write_batch(batch)
    build.write_marker(CURATE, part, {"documents": len(texts)}, {})


def write_result(build: Build, kinds: list[int], parts: list[int]) -> None:
    numbers = np.arange(len(kinds), dtype=np.uint8)
    for name, (dtype, shape) in COLUMNS.items():
        array = np.zeros((len(kinds), *shape), dtype)
        if name == "kind":
            array[:] = kinds
        elif name == "content_id":
            array[:] = numbers[:, None]
        write_array(build, CHOOSE_SURVIVORS.column(name), array, {})
    offsets = np.cumsum([0, *parts])
    write_array(build, CHOOSE_SURVIVORS.column("offsets"), offsets, {})


def perform_all(build: Build, stage: Stage) -> None:
    require_done([perform(task) for task in list_tasks(str(build.folder.root), stage)])


def encoded(out: Path, vocabulary: Vocabulary, parts: list[list[str]], size: int = 2) -> Build:
    build = plan_build(
        out,
        [0] * len(parts),
        tokenizer=vocabulary.tokenizer_json(),
        encode={"sequence_length": LENGTH},
    )
    for part, texts in enumerate(parts):
        write_part(build, part, texts, size)
    write_result(build, KINDS, [len(texts) for texts in parts])
    perform_all(build, EncodeParts())
    return build


def shard(build: Build, name: str) -> np.ndarray[Any, Any]:
    table = pa.ipc.open_stream(build.folder.path(f"shards/{name}")).read_all()
    ids: np.ndarray[Any, Any] = table["input_ids"].combine_chunks().values.to_numpy()
    return ids.reshape(-1, LENGTH + 1)


@pytest.fixture
def build(tmp_path: Path, vocabulary: Vocabulary) -> Build:
    return encoded(tmp_path / "out", vocabulary, [TEXTS])


def test_rows_decode_to_the_texts_that_stay(build: Build, vocabulary: Vocabulary) -> None:
    rows = shard(build, "data-00000-of-00001.arrow")
    placements = pq.read_table(build.folder.path(ENCODE.placements(0))).to_pylist()
    tokens = vocabulary.token_bytes()
    texts: dict[int, bytes] = {}
    for placed in placements:
        begin = placed["offset"] + placed["tag_length"]
        end = placed["offset"] + placed["length"]
        ids = rows[placed["row"], begin:end]
        number = placed["content_id"][0]
        texts[number] = texts.get(number, b"") + b"".join(tokens[identity] for identity in ids)
    staying = [number for number, kind in enumerate(KINDS) if kind == KEPT]
    assert texts == {number: TEXTS[number].encode() for number in staying}


def test_the_summary_counts_what_was_written(build: Build) -> None:
    summary = build.summary(ENCODE, 0)
    rows = shard(build, "data-00000-of-00001.arrow")
    ledger = pq.read_table(build.folder.path("ledger/part-00000-of-00001.parquet"))
    python = summary["languages"]["Python"]
    staying = [text for text, kind in zip(TEXTS, KINDS, strict=True) if kind == KEPT]
    assert summary["rows"] == len(rows)
    assert list(summary["languages"]) == ["Python"]
    assert python["files"] == len(staying)
    assert python["bytes"] == sum(len(text.encode()) for text in staying)
    assert python["tokens"] == sum(filter(None, ledger["tokens"].to_pylist()))
    assert summary["counts"] == {"kept": len(staying), "exact_duplicate": 1}


def test_row_groups_do_not_matter(tmp_path: Path, vocabulary: Vocabulary, build: Build) -> None:
    other = encoded(tmp_path / "other", vocabulary, [TEXTS], size=5)
    name = "shards/data-00000-of-00001.arrow"
    assert other.folder.digest_of(name) == build.folder.digest_of(name)
    assert other.summary(ENCODE, 0)["counts"] == build.summary(ENCODE, 0)["counts"]


def test_rows_are_numbered_through_the_data_set(tmp_path: Path, vocabulary: Vocabulary) -> None:
    build = encoded(tmp_path, vocabulary, [TEXTS[:2], [], TEXTS[2:]])
    perform_all(build, NumberRows())
    before = 0
    for part in range(3):
        placed = pq.read_table(build.folder.path(ENCODE.placements(part)))
        numbered = pq.read_table(build.folder.path(f"rows/part-0000{part}-of-00003.parquet"))
        assert numbered.schema == PLACEMENTS
        rows = [row + before for row in placed["row"].to_pylist()]
        assert numbered["row"].to_pylist() == rows
        assert numbered.drop(["row"]).equals(placed.drop(["row"]))
        before += build.summary(ENCODE, part)["rows"]
        assert build.files(NUMBER_ROWS, part)
