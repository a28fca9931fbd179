"""Micro-batches of each step for one rank, prepared by a thread ahead of the training.

The thread computes the order in blocks of some thousand samples, asks the operating system for the
pages of the next block, and copies the rows of a step into new arrays. Which samples a step has
does not depend on the ranks or micro-batches. Every rank also knows how many valid targets all
ranks have together, so the loss needs no communication for its scale.
"""

import ctypes
import mmap
import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.pipelines.corpus.rows import Corpus
from codecorpus.training.data.order import SampleOrder
from codecorpus.training.data.row_table import RowTable

_BLOCK_SAMPLES: Final = 4_096
_NO_STARTS: Final = np.empty(0, np.int64)


@dataclass(frozen=True)
class Batch:
    """Samples of one forward pass.

    Attributes:
        ids: uint16[samples, context + 1].
        lengths: int32[samples], valid ids of each.
        document_starts: int64[documents], positions in their samples, in order; empty if the
            loader was not asked for documents.
        first_document: int64[samples + 1], the first document of each sample.
        languages: uint8[samples], positions in corpus.shards.CLASSES.
        samples: int64[samples].
    """

    ids: NDArray[np.uint16]
    lengths: NDArray[np.int32]
    document_starts: NDArray[np.int64]
    first_document: NDArray[np.int64]
    languages: NDArray[np.uint8]
    samples: NDArray[np.int64]


@dataclass(frozen=True)
class StepBatch:
    """One rank's part of a step.

    Attributes:
        step: from 0.
        micro: the micro-batches.
        valid_targets: of all ranks and micro-batches.
        all_ids: ids of the step over all ranks, padding included.
        samples: int64[batch_size], those of all ranks.
    """

    step: int
    micro: list[Batch]
    valid_targets: int
    all_ids: int
    samples: NDArray[np.int64]


class Loader:
    """Prepares steps in a thread; iterate once, then close."""

    def __init__(
        self,
        corpus: Corpus,
        table: RowTable,
        order: SampleOrder,
        *,
        batch_size: int,
        micro_batch_size: int,
        rank: int = 0,
        ranks: int = 1,
        first_step: int = 0,
        steps: int,
        ahead: int = 2,
        with_documents: bool = True,
    ) -> None:
        """Start the thread.

        Args:
            corpus: the rows.
            table: what is known of them.
            order: of the samples.
            batch_size: samples of a step over all ranks; a multiple of `ranks`.
            micro_batch_size: samples of a forward pass.
            rank: of this process among those that have samples of their own.
            ranks: their number.
            first_step: the first step to prepare.
            steps: the step to stop before.
            ahead: steps that are prepared ahead.
            with_documents: whether batches say where documents begin.
        """
        assert batch_size % ranks == 0
        self._corpus, self._table, self._order = corpus, table, order
        self._batch_size, self._micro = batch_size, micro_batch_size
        self._rank, self._ranks = rank, ranks
        self._first_step, self._steps = first_step, steps
        self._with_documents = with_documents
        self._ready: queue.Queue[StepBatch | BaseException | None] = queue.Queue(maxsize=ahead)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="loader", daemon=True)
        self._thread.start()

    def __iter__(self) -> Iterator[StepBatch]:
        """The steps in order."""
        while (item := self._ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def close(self) -> None:
        """Stop the thread."""
        self._stopped.set()
        while self._thread.is_alive():
            try:
                self._ready.get_nowait()
            except queue.Empty:
                self._thread.join(0.01)

    def _run(self) -> None:
        try:
            for batch in self.step_batches():
                if not self._put(batch):
                    return
            self._put(None)
        except BaseException as error:  # noqa: BLE001 - it is raised where the steps are used
            self._put(error)

    def _put(self, item: StepBatch | BaseException | None) -> bool:
        while not self._stopped.is_set():
            try:
                self._ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def step_batches(self) -> Iterator[StepBatch]:
        """The steps, prepared in the calling thread."""
        in_block = max(1, _BLOCK_SAMPLES // self._batch_size)
        per_rank = self._batch_size // self._ranks
        begin = self._rank * per_rank
        for first in range(self._first_step, self._steps, in_block):
            count = min(in_block, self._steps - first)
            samples = self._order.samples(first * self._batch_size, count * self._batch_size)
            samples = samples.reshape(count, self._batch_size)
            valid = np.maximum(window_lengths(self._table, samples) - 1, 0).sum(1)
            mine = np.ascontiguousarray(samples[:, begin : begin + per_rank]).reshape(-1)
            prefetch_pages(self._corpus, mine // self._table.windows)
            block = _Block(self._corpus, self._table, mine, with_documents=self._with_documents)
            for number in range(count):
                start = number * per_rank
                yield StepBatch(
                    first + number,
                    [
                        block.batch(start + at, min(self._micro, per_rank - at))
                        for at in range(0, per_rank, self._micro)
                    ],
                    int(valid[number]),
                    self._batch_size * self._table.context,
                    samples[number],
                )


class _Block:
    """Samples whose facts are looked up together, and whose ids are copied batch by batch."""

    def __init__(
        self, corpus: Corpus, table: RowTable, samples: NDArray[np.int64], *, with_documents: bool
    ) -> None:
        self._corpus, self._table, self._samples = corpus, table, samples
        self._with_documents = with_documents
        self._rows, window = np.divmod(samples, table.windows)
        self._begins = window * table.context
        self._lengths = window_lengths(table, samples)
        self._languages = table.languages[self._rows]

    def batch(self, begin: int, count: int) -> Batch:
        """The samples at `begin` and following."""
        here = slice(begin, begin + count)
        rows, begins = self._rows[here], self._begins[here]
        ids = np.empty((count, self._table.context + 1), np.uint16)
        self._corpus.copy_windows(rows, begins, ids)
        starts, first = _NO_STARTS, np.zeros(count + 1, np.int64)
        if self._with_documents:
            starts, first = _documents(self._table, rows, begins)
        return Batch(
            ids, self._lengths[here], starts, first, self._languages[here], self._samples[here]
        )


def _documents(
    table: RowTable, rows: NDArray[np.int64], begins: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """`Batch.document_starts` and `Batch.first_document` of windows that begin at these ids."""
    first_segment = table.first_segment[rows]
    counts = table.first_segment[rows + 1] - first_segment
    segments = np.repeat(first_segment - np.cumsum(counts) + counts, counts)
    segments += np.arange(len(segments))
    starts = table.segment_offset[segments].astype(np.int64) - np.repeat(begins, counts)
    inside = (starts >= 0) & (starts <= table.context)
    sample = np.repeat(np.arange(len(rows)), counts)[inside]
    return starts[inside], np.searchsorted(sample, np.arange(len(rows) + 1))


def validation_batches(
    corpus: Corpus, table: RowTable, *, micro_batch_size: int, rank: int, ranks: int, limit: int
) -> Iterator[Batch]:
    """The first validation samples of a fixed shuffle, divided among the ranks.

    All ranks get equally many batches; samples that fill the last ones up have no valid ids.

    Args:
        corpus: the rows.
        table: what is known of them.
        micro_batch_size: samples of a batch.
        rank: of this process among those that have samples of their own.
        ranks: their number.
        limit: samples over all ranks at most.
    """
    if not len(table.validation):
        return
    order = SampleOrder([table.validation], seed=0)
    samples = order.samples(0, min(limit, len(table.validation)))
    rounds = -(-len(samples) // (micro_batch_size * ranks))
    for number in range(rounds):
        begin = (number * ranks + rank) * micro_batch_size
        mine = samples[begin : begin + micro_batch_size]
        yield make_batch(corpus, table, mine, fill_to=micro_batch_size)


def window_lengths(table: RowTable, samples: NDArray[np.int64]) -> NDArray[np.int32]:
    """int32, the valid ids of each sample; the shape is that of `samples`."""
    rows, window = np.divmod(samples, table.windows)
    left = table.lengths[rows].astype(np.int64) - window * table.context
    lengths: NDArray[np.int32] = np.clip(left, 0, table.context + 1).astype(np.int32)
    return lengths


def make_batch(
    corpus: Corpus, table: RowTable, samples: NDArray[np.int64], fill_to: int = 0
) -> Batch:
    """Copy samples from the mapped shards.

    Args:
        corpus: the rows.
        table: what is known of them.
        samples: int64[n].
        fill_to: with fewer samples, samples without valid ids are appended.
    """
    block = _Block(corpus, table, samples, with_documents=True)
    batch = block.batch(0, len(samples))
    missing = max(0, fill_to - len(samples))
    if not missing:
        return batch
    return Batch(
        np.pad(batch.ids, ((0, missing), (0, 0))),
        np.pad(batch.lengths, (0, missing)),
        batch.document_starts,
        np.pad(batch.first_document, (0, missing), mode="edge"),
        np.pad(batch.languages, (0, missing)),
        np.pad(batch.samples, (0, missing), constant_values=-1),
    )


def prefetch_pages(corpus: Corpus, rows: NDArray[np.int64]) -> None:
    """Ask the operating system to read the pages of rows, without waiting.

    A row that is not in memory would otherwise cost a page fault in its turn, one at a time.
    """
    madvise = getattr(ctypes.CDLL(None, use_errno=True), "madvise", None)
    advice = getattr(mmap, "MADV_WILLNEED", None)
    if madvise is None or advice is None:
        return
    page = os.sysconf("SC_PAGE_SIZE")
    size = 2 * (corpus.sequence_length + 1)
    addresses = corpus.addresses(rows)
    begins = addresses // page * page
    for begin, end in zip(begins.tolist(), (addresses + size).tolist(), strict=True):
        madvise(ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), advice)
