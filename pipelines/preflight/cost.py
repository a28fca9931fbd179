"""Estimates disk usage and shuffle of the whole build from the files of the sample's build.

The size of each kind of file is proportional to an estimated total: documents to their bytes, the
ledger to records, shards and the tables of their rows to tokens, sketches to documents. How well a
table compresses depends on which rows are next to each other, so intervals of tables are widened by
a fifth.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

import numpy as np

from codecorpus.pipelines.corpus.layout import UNDIGESTED
from codecorpus.pipelines.preflight.confidence_intervals import Estimate
from codecorpus.pipelines.preflight.duplicates import EARLIER, EXACT, NEAR
from codecorpus.pipelines.preflight.estimates import KEPT, Totals
from codecorpus.pipelines.preflight.sample import Records
from codecorpus.pipelines.preflight.timing import sum_estimates
from codecorpus.pipelines.stages.artifacts import CURATE, ENCODE
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.order import STAGES

_COMPRESSION: Final = 0.2


@dataclass(frozen=True)
class DiskUsage:
    """The disk usage of a build in bytes, and its training rows.

    Attributes:
        folders: bytes of each output folder.
        work: bytes of the files that only the stages need, until the build is complete.
        shuffle: bytes of names, sketches and band keys, which tasks read from other parts.
        rows: the number of training rows.
        padding: the fraction of the rows that is padding.
    """

    folders: dict[str, Estimate]
    work: Estimate
    shuffle: Estimate
    rows: Estimate
    padding: float


def estimate_disk_usage(build: Build, parts: int, records: Records, totals: Totals) -> DiskUsage:
    """Estimate the disk usage of the whole build.

    Args:
        build: the sample's build, complete and not modified since.
        parts: the number of parts of the whole build.
        records: the records of the sample.
        totals: estimates for the whole build.
    """
    kinds = _bytes_by_kind(build)
    is_document = np.isin(records.reason, (KEPT, EXACT, NEAR, EARLIER))
    document = totals.documents[0].scaled(1 / max(int(is_document.sum()), 1))
    text = totals.documents[1].scaled(1 / max(int(records.size[is_document].sum()), 1))
    token = totals.kept[2].scaled(1 / max(int(np.maximum(records.tokens, 0).sum()), 1))
    record = totals.records.scaled(1 / len(records))
    part = Estimate(*(3 * [parts / len(build.plan.parts)]))
    encoded = [build.summary(ENCODE, at) for at in range(len(build.plan.parts))]
    rows = sum(summary["rows"] for summary in encoded)
    padding = sum(summary["padding"] for summary in encoded)
    units = {
        "documents": text,
        "duplicates": part,
        "ledger": record,
        "rows": token,
        "shards": token,
    }
    return DiskUsage(
        folders={name: _folder(name, unit.scaled(kinds[name])) for name, unit in units.items()},
        work=sum_estimates(
            [
                document.scaled(kinds["sketches"] + kinds["pairs"]),
                record.scaled(kinds["decisions"]),
                token.scaled(kinds["placements"]),
            ]
        ),
        shuffle=document.scaled(kinds["sketches"]),
        rows=token.scaled(rows),
        padding=padding / max(rows * (build.recipe.encode.sequence_length + 1), 1),
    )


def _folder(name: str, size: Estimate) -> Estimate:
    """The bytes of a folder; its interval allows for tables that compress differently."""
    if name == "shards":
        return size
    return Estimate(size.value, size.low * (1 - _COMPRESSION), size.high * (1 + _COMPRESSION))


def _bytes_by_kind(build: Build) -> Counter[str]:
    """Bytes of the sample's files, by output folder, or by kind for files that only stages need."""
    found: Counter[str] = Counter()
    for stage in STAGES[:-1]:
        for index in range(len(stage.weights(build))):
            for name, digest in build.files(stage.artifacts, index).items():
                folder = name.split("/")[0]
                kind = _kind(stage, name) if folder in UNDIGESTED else folder
                found[kind] += digest.size
    return found


def _kind(stage: Stage, name: str) -> str:
    if stage.artifacts is CURATE:
        return "sketches" if name.endswith(".arrow") else "decisions"
    return "placements" if stage.artifacts is ENCODE else "pairs"
