"""Steps have the same samples however they are divided, and the ids of the corpus."""

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.corpus.rows import Corpus, open_corpus
from codecorpus.training.data import loader as loader_module
from codecorpus.training.data.loader import Loader, StepBatch, make_batch, validation_batches
from codecorpus.training.data.order import SampleOrder
from codecorpus.training.data.row_table import RowTable, prepare
from tests.pipelines.corpus.synthetic import write_corpus


@pytest.fixture(scope="module", params=["pad", "concat", "best_fit"])
def corpus(request: pytest.FixtureRequest, corpora: dict[str, Path]) -> Corpus:
    return open_corpus(corpora[request.param])


@pytest.fixture(scope="module", params=[128, 32])
def table(
    request: pytest.FixtureRequest, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> RowTable:
    return prepare(corpus, tmp_path_factory.mktemp("run"), context=request.param, validation=0.1)


def steps(corpus: Corpus, table: RowTable, **values: Any) -> list[StepBatch]:
    order = SampleOrder([table.training], seed=5)
    loader = Loader(
        corpus, table, order, **({"batch_size": 12, "micro_batch_size": 4, "steps": 30} | values)
    )
    try:
        return list(loader)
    finally:
        loader.close()


def test_any_ranks_and_micro_batches_feed_the_same_samples(corpus: Corpus, table: RowTable) -> None:
    whole = steps(corpus, table)
    order = SampleOrder([table.training], seed=5)
    assert np.array_equal(np.concatenate([batch.samples for batch in whole]), order.samples(0, 360))
    for ranks, micro in ((1, 12), (2, 3), (3, 4), (4, 1)):
        parts = [
            steps(corpus, table, rank=rank, ranks=ranks, micro_batch_size=micro)
            for rank in range(ranks)
        ]
        for number, batch in enumerate(whole):
            fed = [each.samples for part in parts for each in part[number].micro]
            assert np.array_equal(np.concatenate(fed), batch.samples)
            assert {part[number].valid_targets for part in parts} == {batch.valid_targets}


def test_a_run_resumes_at_any_step(corpus: Corpus, table: RowTable) -> None:
    whole = steps(corpus, table)
    for first in (1, 17, 29):
        rest = steps(corpus, table, first_step=first)
        assert [batch.step for batch in rest] == list(range(first, 30))
        assert np.array_equal(rest[0].samples, whole[first].samples)


def test_batches_hold_the_ids_lengths_and_documents_of_their_windows(
    corpus: Corpus, table: RowTable
) -> None:
    samples = np.concatenate([table.training[:200], table.validation[:50]])
    batch = make_batch(corpus, table, samples)
    rows, window = np.divmod(samples, table.windows)
    ids, lengths = corpus.ids(rows), corpus.lengths(rows)
    for number in range(len(samples)):
        begin = int(window[number]) * table.context
        assert np.array_equal(batch.ids[number], ids[number, begin : begin + table.context + 1])
        assert batch.lengths[number] == np.clip(lengths[number] - begin, 0, table.context + 1)
        assert batch.lengths[number] > 1, "every sample has a target"
        first, last = batch.first_document[number : number + 2]
        starts = batch.document_starts[first:last]
        segments = slice(*table.first_segment[rows[number] : rows[number] + 2])
        offsets = table.segment_offset[segments].astype(int) - begin
        assert starts.tolist() == [at for at in offsets if 0 <= at <= table.context]
    targets = np.maximum(batch.lengths - 1, 0).sum()
    assert targets == sum(
        corpus.loss_mask([row])[0, w * table.context : (w + 1) * table.context].sum()
        for row, w in zip(rows.tolist(), window.tolist(), strict=True)
    )


def test_every_valid_target_is_in_exactly_one_sample(corpus: Corpus, table: RowTable) -> None:
    lengths = corpus.lengths(np.arange(corpus.rows)).astype(int)
    samples = np.concatenate([table.training, table.validation])
    assert len(np.unique(samples)) == len(samples)
    used = np.unique(samples // table.windows)
    batch_targets = 0
    for begin in range(0, len(samples), 512):
        batch = make_batch(corpus, table, samples[begin : begin + 512])
        batch_targets += int(np.maximum(batch.lengths - 1, 0).sum())
    assert batch_targets == np.maximum(lengths[used] - 1, 0).sum()


@pytest.mark.parametrize(("ranks", "micro"), [(1, 7), (3, 4), (4, 64)])
def test_validation_reads_every_sample_once(
    corpus: Corpus, table: RowTable, ranks: int, micro: int
) -> None:
    by_rank = [
        list(
            validation_batches(
                corpus, table, micro_batch_size=micro, rank=rank, ranks=ranks, limit=1 << 30
            )
        )
        for rank in range(ranks)
    ]
    assert len({len(batches) for batches in by_rank}) == 1, "all ranks do as many batches"
    fed = np.concatenate([batch.samples for batches in by_rank for batch in batches])
    assert np.array_equal(np.sort(fed[fed >= 0]), np.sort(table.validation))
    filled = [batch.lengths[batch.samples < 0] for batches in by_rank for batch in batches]
    assert not np.concatenate(filled).any()


def test_an_error_of_the_thread_reaches_the_training(
    corpus: Corpus, table: RowTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(corpus, "copy_windows", fail)
    with pytest.raises(OSError, match="the disk is gone"):
        steps(corpus, table)


def test_a_sample_names_its_files(table: RowTable) -> None:
    sample = int(table.training[100])
    files = table.files_of(sample)
    assert files
    assert all(file.path and file.path.endswith(".py") for file in files)
    assert all(len(file.content_id) == 40 for file in files)


def test_a_table_is_prepared_once(corpus: Corpus, tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        prepare(corpus, tmp_path, context=64, validation=0.1, report=said.append)
    assert sum("prepared" in line for line in said) == 1
    prepare(corpus, tmp_path, context=32, validation=0.1, report=said.append)
    assert sum("prepared" in line for line in said) == 2


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Corpus, RowTable]:
    folder = tmp_path_factory.mktemp("small")
    corpus = open_corpus(write_corpus(folder / "corpus", [30, 0, 25, 2]))
    return corpus, prepare(corpus, folder, context=32, validation=0)


@given(
    ranks=st.integers(1, 6),
    micro=st.integers(1, 5),
    accumulation=st.integers(1, 3),
    first=st.integers(0, 12),
    count=st.integers(0, 12),
    block=st.integers(1, 40),
)
@settings(max_examples=60)
def test_any_division_of_any_steps_feeds_the_order(
    small: tuple[Corpus, RowTable],
    ranks: int,
    micro: int,
    accumulation: int,
    first: int,
    count: int,
    block: int,
) -> None:
    corpus, table = small
    size = ranks * micro * accumulation
    expected = SampleOrder([table.training], seed=5).samples(first * size, count * size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loader_module, "_OWN_SAMPLES", block)
        parts = [
            steps(
                corpus, table,
                batch_size=size, micro_batch_size=micro, rank=rank, ranks=ranks,
                first_step=first, steps=first + count,
            )
            for rank in range(ranks)
        ]  # fmt: skip
    fed = [
        batch.samples for number in range(count) for part in parts for batch in part[number].micro
    ]
    assert np.array_equal(np.concatenate([np.empty(0, np.int64), *fed]), expected)
    for number in range(count):
        valid = sum(
            int(np.maximum(batch.lengths - 1, 0).sum())
            for part in parts
            for batch in part[number].micro
        )
        assert {part[number].valid_targets for part in parts} == {valid}
        for part in parts:
            for batch in part[number].micro:
                rows, window = np.divmod(batch.samples, table.windows)
                begins = window * table.context
                expected_ids = corpus.ids(rows)[
                    np.arange(micro)[:, None], begins[:, None] + np.arange(table.context + 1)
                ]
                assert np.array_equal(batch.ids, expected_ids)


def test_closing_early_stops_the_thread(small: tuple[Corpus, RowTable]) -> None:
    corpus, table = small
    order = SampleOrder([table.training], seed=5)
    loader = Loader(corpus, table, order, batch_size=4, micro_batch_size=2, steps=1 << 40)
    assert next(iter(loader)).step == 0
    loader.close()
    loader.close()
    assert "loader" not in {thread.name for thread in threading.enumerate()}


def test_batches_are_not_changed_by_later_ones(small: tuple[Corpus, RowTable]) -> None:
    corpus, table = small
    for step in steps(corpus, table, batch_size=6, micro_batch_size=3):
        for batch in step.micro:
            again = make_batch(corpus, table, batch.samples)
            assert np.array_equal(batch.ids, again.ids)
            assert np.array_equal(batch.first_document, again.first_document)
            assert np.array_equal(batch.document_starts, again.document_starts)
