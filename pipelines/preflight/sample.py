"""Builds the sample with the stages of an ordinary build, and reads its records.

The records are returned as arrays with one entry per record: its decision, and the facts about its
draw that the estimates need.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.pipelines.corpus.layout import LEDGER
from codecorpus.pipelines.engines.process_pool import ProcessPool
from codecorpus.pipelines.preflight.inputs import (
    Listing,
    bytes_to_read,
    draw_numbers_of_files,
    strata_of,
)
from codecorpus.pipelines.recipe.loader import LoadedRecipe
from codecorpus.pipelines.sources.sampling import Sampler, draw_numbers
from codecorpus.pipelines.stages.base import Outcome, TaskError, list_tasks
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.order import stages
from codecorpus.pipelines.stages.plan import make_plan
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.tokenization.vocabulary import Vocabulary

_COLUMNS = (
    "row", "repository", "path", "content_id", "size", "language", "reason",
    "duplicate_of_part", "duplicate_of_row", "tokens",
)  # fmt: skip


@dataclass(frozen=True)
class Records:
    """n records of a sample, loose files first.

    Attributes:
        source: int64, the index of its source in the recipe.
        reason, language: str; the reason of a kept record is `kept`, an unknown language is "".
        size, tokens: int64; size is -1 if it was not read, tokens is -1 if it is not kept.
        content: int64, equal for exact copies; -1 if it was not read.
        duplicate_of: int64, the index of the survivor of a duplicate; otherwise its own index.
        numbers: float64[2, n], the draw numbers by name and by size (`sources.sampling`), divided
            by the limit: a record is drawn by those below 1.
        rate: float64, the probability that it is drawn if its part is.
        part: int64, the index of its part in `Listing.containers`; -1 for a loose file.
        stratum: int64, see `strata_of`; -1 if it is not a loose file.
        named: bool, whether it has a path.
        listed: int64, see `bytes_to_read`; 0 if it is not a loose file.
    """

    source: NDArray[np.int64]
    reason: NDArray[np.str_]
    language: NDArray[np.str_]
    size: NDArray[np.int64]
    tokens: NDArray[np.int64]
    content: NDArray[np.int64]
    duplicate_of: NDArray[np.int64]
    numbers: NDArray[np.float64]
    rate: NDArray[np.float64]
    part: NDArray[np.int64]
    stratum: NDArray[np.int64]
    named: NDArray[np.bool_]
    listed: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.source)

    def select(self, rows: NDArray[np.bool_]) -> "Records":
        """A subset of the records; `duplicate_of` keeps the indices of the whole sample."""
        return replace(
            self, **{field.name: getattr(self, field.name)[..., rows] for field in fields(self)}
        )


def build_sample(
    loaded: LoadedRecipe,
    listing: Listing,
    vocabulary: Vocabulary,
    folder: Folder,
    pool: ProcessPool,
) -> Build:
    """Build the sample.

    Args:
        loaded: the recipe.
        listing: the drawn files and parts.
        vocabulary: the recipe's vocabulary.
        folder: an empty folder.
        pool: runs the tasks.

    Raises:
        TaskError: a task failed, as it would in the build.
    """
    parts = list(listing.drawn_parts(loaded.recipe.part_bytes))
    plan = make_plan(loaded.recipe, loaded.base, vocabulary.fingerprint, folder, parts=parts)
    Build.describe(folder, loaded.recipe, plan, vocabulary)
    begin = len(parts) - len(listing.containers)
    sampler = Sampler(listing.seed, listing.inner_limit, begin)
    for stage in stages(CurateParts(sampler=sampler))[:-1]:
        for outcome in pool.run(list_tasks(str(folder.root), stage)):
            _require_done(outcome)
    return Build.load(str(folder.root))


def _require_done(outcome: Outcome) -> None:
    """Raise a task's error, without the file of its trace, which is removed with the folder."""
    if outcome.error is not None:
        what = outcome.error.partition("; trace in ")[0]
        advice = "; a build would fail in the same way" if outcome.permanent else ""
        raise TaskError(f"the sample's {outcome.name}: {what}{advice}")


def read_records(build: Build, listing: Listing) -> Records:
    """Read the records of the sample from the ledger of its build."""
    tables = list(_ledgers(build))
    ledger = pa.concat_tables(tables).combine_chunks()
    part = np.repeat(np.arange(len(tables)), [len(table) for table in tables])
    begin = len(tables) - len(listing.containers)
    loose = [build.plan.inputs(build.folder, index) for index in range(begin)]
    sizes = ledger["size"].fill_null(-1).to_numpy()
    row = ledger["row"].to_numpy()
    in_container = part >= begin
    numbers = draw_numbers(
        ledger["repository"].combine_chunks(),
        ledger["path"].combine_chunks(),
        sizes=sizes,
        rows=row + (part << 40),
        seed=listing.seed,
    )
    stratum = np.full(len(part), -1, np.int64)
    listed = np.zeros(len(part), np.int64)
    if loose:
        numbers[:, ~in_container] = np.concatenate(
            [draw_numbers_of_files(table, listing.seed) for table in loose], axis=1
        )
        stratum[~in_container] = np.concatenate([_strata(build, i, t) for i, t in enumerate(loose)])
        listed[~in_container] = np.concatenate([bytes_to_read(table) for table in loose])
    limits = np.where(in_container, listing.inner_limit, listing.loose_limit)
    return Records(
        source=np.array([planned.source for planned in build.plan.parts], np.int64)[part],
        reason=ledger["reason"].fill_null("kept").to_numpy(zero_copy_only=False).astype(str),
        language=ledger["language"].fill_null("").to_numpy(zero_copy_only=False).astype(str),
        size=sizes,
        tokens=ledger["tokens"].fill_null(-1).to_numpy(),
        content=(
            _numbered(ledger["content_id"])
            if build.recipe.deduplicate.exact
            else np.arange(len(part))
        ),
        duplicate_of=_survivors(ledger, part, row),
        numbers=numbers / limits,
        rate=1 - (1 - limits) ** 2,
        part=np.where(in_container, part - begin, -1),
        stratum=stratum,
        named=ledger["path"].is_valid().to_numpy(),
        listed=listed,
    )


def _ledgers(build: Build) -> Iterator[pa.Table]:
    """The ledger of each part, in the order of its records."""
    for index in range(len(build.plan.parts)):
        path = build.folder.path(build.part_file(LEDGER, index))
        yield pq.read_table(path, columns=list(_COLUMNS), use_threads=False)


def _strata(build: Build, index: int, inputs: pa.Table) -> NDArray[np.int64]:
    source = build.plan.parts[index].source
    return strata_of(source, inputs["path"].combine_chunks(), inputs["size"].to_numpy())


def _numbered(values: pa.ChunkedArray) -> NDArray[np.int64]:
    encoded = values.combine_chunks().dictionary_encode()
    found: NDArray[np.int64] = encoded.indices.fill_null(-1).to_numpy().astype(np.int64)
    return found


def _survivors(ledger: pa.Table, part: NDArray[Any], row: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n], the index of each duplicate's survivor, found by part and row, which are sorted."""
    keys = (part.astype(np.int64) << 40) + row
    survivors = np.arange(len(keys))
    is_duplicate = ledger["duplicate_of_part"].is_valid().to_numpy()
    wanted = (ledger["duplicate_of_part"].fill_null(0).to_numpy().astype(np.int64) << 40) + ledger[
        "duplicate_of_row"
    ].fill_null(0).to_numpy()
    survivors[is_duplicate] = np.searchsorted(keys, wanted[is_duplicate])
    return survivors
