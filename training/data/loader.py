"""Micro-batches of each step for one rank, prepared by a thread ahead of the training.

The thread computes the order in blocks of some thousand samples, asks the operating system for the
pages of the next block while this one is used, and copies the rows of a step into new arrays. Which
samples a step has does not depend on the ranks or micro-batches. Every rank also knows how many
valid targets all ranks have together, so the loss needs no communication for its scale.
"""

import queue
import resource
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np
from numpy.typing import NDArray

from codecorpus.pipelines.corpus.rows import Corpus
from codecorpus.training.data.order import SampleOrder
from codecorpus.training.data.row_table import RowTable

_OWN_SAMPLES: Final = 4_096
"""Samples of a rank that are looked up together; those of the next block are read ahead."""
_ALL_SAMPLES: Final = 1 << 18
"""Samples of all ranks that are looked up together at most, for the valid targets of each step."""


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
        per_rank = self._batch_size // self._ranks
        all_ids = self._batch_size * self._table.context
        storage = _StorageReads()
        waiting: deque[_Block] = deque()
        for block in chain(self._blocks(per_rank), [None]):
            if block is not None:
                waiting.append(block)
                if storage.used():
                    block.mine.read_ahead(self._corpus)
                if len(waiting) < 2:
                    continue
            if not waiting:
                return
            now = waiting.popleft()
            for number, valid in enumerate(now.valid_targets):
                begin = number * per_rank
                ids = now.mine.copy_ids(self._corpus, begin, begin + per_rank)
                micro = [
                    now.mine.batch(ids[at : at + self._micro], begin + at)
                    for at in range(0, per_rank, self._micro)
                ]
                yield StepBatch(now.first_step + number, micro, valid, all_ids, now.samples[number])

    def _blocks(self, per_rank: int) -> Iterator["_Block"]:
        in_block = max(1, min(_OWN_SAMPLES // per_rank, _ALL_SAMPLES // self._batch_size))
        for first in range(self._first_step, self._steps, in_block):
            count = min(in_block, self._steps - first)
            samples = self._order.samples(first * self._batch_size, count * self._batch_size)
            samples = samples.reshape(count, self._batch_size)
            mine = samples[:, self._rank * per_rank : (self._rank + 1) * per_rank].reshape(-1)
            valid = np.maximum(window_lengths(self._table, samples) - 1, 0).sum(1)
            windows = Windows(self._table, mine, with_documents=self._with_documents)
            yield _Block(first, samples, valid.tolist(), windows)


@dataclass(frozen=True)
class _Block:
    """Consecutive steps.

    Attributes:
        first_step: number of the first.
        samples: int64[steps, batch_size], those of all ranks.
        valid_targets: of each step.
        mine: this rank's samples.
    """

    first_step: int
    samples: NDArray[np.int64]
    valid_targets: list[int]
    mine: "Windows"


class _StorageReads:
    """Whether this thread's rows still come from the disk, so that reading ahead is worth it."""

    def __init__(self) -> None:
        # Elsewhere than on Linux the counts are those of the process.
        self._who = getattr(resource, "RUSAGE_THREAD", resource.RUSAGE_SELF)
        self._seen = (-1, -1)
        self._answers = 0

    def used(self) -> bool:
        """Whether anything was read since the last call; true for the first two calls."""
        usage = resource.getrusage(self._who)
        seen, self._seen = self._seen, (usage.ru_majflt, usage.ru_inblock)
        self._answers += 1
        return self._answers <= 2 or self._seen != seen


class Windows:
    """Samples, with what the table knows of them; ids are copied batch by batch."""

    def __init__(
        self, table: RowTable, samples: NDArray[np.int64], *, with_documents: bool = True
    ) -> None:
        """Look the samples up.

        Args:
            table: what is known of the rows.
            samples: int64[n].
            with_documents: whether batches say where documents begin.
        """
        self._samples = np.ascontiguousarray(samples)
        self._ids = table.context + 1
        self._rows, window = np.divmod(self._samples, table.windows)
        self._begins = window * table.context
        self._lengths = window_lengths(table, self._samples)
        self._languages = table.languages[self._rows]
        self._starts = np.empty(0, np.int64)
        self._first = np.zeros(len(samples) + 1, np.int64)
        if with_documents:
            self._find_documents(table)

    def _find_documents(self, table: RowTable) -> None:
        first, last = table.first_segment[self._rows], table.first_segment[self._rows + 1]
        counts = last - first
        segments = np.repeat(first - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        starts = table.segment_offset[segments] - np.repeat(self._begins, counts)
        inside = (starts >= 0) & (starts <= table.context)
        sample = np.repeat(np.arange(len(counts)), counts)[inside]
        self._starts = starts[inside]
        self._first = np.searchsorted(sample, np.arange(len(counts) + 1))

    def read_ahead(self, corpus: Corpus) -> None:
        """Ask the operating system for the ids of all samples, without waiting."""
        corpus.read_ahead(self._rows, self._begins, self._ids)

    def copy_ids(self, corpus: Corpus, begin: int, end: int) -> NDArray[np.uint16]:
        """uint16[end - begin, context + 1], the ids of the samples from `begin` to before `end`."""
        ids = np.empty((end - begin, self._ids), np.uint16)
        corpus.copy_windows(self._rows[begin:end], self._begins[begin:end], ids)
        return ids

    def batch(self, ids: NDArray[np.uint16], begin: int) -> Batch:
        """The samples from `begin` on, as many as there are ids of."""
        mine = slice(begin, begin + len(ids))
        first = self._first[begin : mine.stop + 1]
        return Batch(
            ids,
            self._lengths[mine],
            self._starts[first[0] : first[-1]],
            first - first[0],
            self._languages[mine],
            self._samples[mine],
        )


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
        fill_to: with fewer samples, empty ones are appended: their ids, lengths and languages are
            0, and their number is -1.
    """
    windows = Windows(table, samples)
    batch = windows.batch(windows.copy_ids(corpus, 0, len(samples)), 0)
    missing = fill_to - len(samples)
    if missing <= 0:
        return batch
    return Batch(
        np.pad(batch.ids, ((0, missing), (0, 0))),
        np.pad(batch.lengths, (0, missing)),
        batch.document_starts,
        np.pad(batch.first_document, (0, missing), mode="edge"),
        np.pad(batch.languages, (0, missing)),
        np.pad(batch.samples, (0, missing), constant_values=-1),
    )
