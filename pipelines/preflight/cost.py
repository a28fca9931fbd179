"""Disk and shuffle of the whole build, by the bytes that the sample's build has left.

Each kind of file grows with something that is estimated: documents with their bytes, the ledger
with records, shards and what lies where in them with tokens, sketches with documents. How well
tables compress depends on what stands beside what, so their intervals allow for a fifth more.
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
    """What a build puts on disk, in bytes, and how many rows.

    Attributes:
        folders: of the output, by folder.
        work: of what only its stages need, beside them until the build is complete.
        shuffle: of names, sketches and band keys, which tasks read of other parts.
        rows: training rows.
        padding: the share of them that is padding.
    """

    folders: dict[str, Estimate]
    work: Estimate
    shuffle: Estimate
    rows: Estimate
    padding: float


def estimate_disk_usage(build: Build, parts: int, records: Records, totals: Totals) -> DiskUsage:
    """The disk that the whole build takes.

    Args:
        build: that of the sample, as it was when it was complete.
        parts: how many the whole build has.
        records: those of the sample.
        totals: estimates of the whole.
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
    """A folder's bytes, with room for how well its tables compress."""
    if name == "shards":
        return size
    return Estimate(size.value, size.low * (1 - _COMPRESSION), size.high * (1 + _COMPRESSION))


def _bytes_by_kind(build: Build) -> Counter[str]:
    """Bytes of the sample's files: by folder of the output, and what only stages need by kind."""
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
