"""What the ledger says of a part that a build goes on without: a row for each of its inputs.

An input is a file, or an archive or data set, or a share of one; what it holds is not known, since
its part failed. So the rows still add up, and `codecorpus why` names the stage and the error.
"""

from typing import Final

import numpy as np
import pyarrow as pa

from codecorpus.pipelines.corpus.schemas import DOCUMENTS
from codecorpus.pipelines.stages.artifacts import DECISIONS
from codecorpus.pipelines.stages.curate.steps import CuratedBatch
from codecorpus.pipelines.stages.plan import SkippedPart

SKIPPED: Final = "unreadable.skipped"
"""The reason of an input whose part failed, in a build with `--skip-failed`."""


def left_out(inputs: pa.Table, skipped: SkippedPart, kept: pa.Schema) -> CuratedBatch:
    """The inputs of a part as records that were not read.

    Args:
        inputs: those of the plan; of files they hold `repository` and `path`, else `name` alone.
        skipped: how the part failed.
        kept: schema of what deduplication would know of kept files.
    """
    count = inputs.num_rows
    path = "path" if "path" in inputs.schema.names else "name"
    known = {
        "row": pa.array(np.arange(count, dtype=np.int64)),
        "repository": inputs["repository"] if "repository" in inputs.schema.names else None,
        "path": inputs[path],
        "reason": pa.repeat(pa.scalar(SKIPPED), count),
    }
    columns = [
        pa.nulls(count, field.type) if known.get(field.name) is None else _one(known[field.name])
        for field in DECISIONS
    ]
    ledger = pa.record_batch(columns, schema=DECISIONS)
    detail = pa.repeat(pa.scalar(f"{skipped.stage}: {skipped.error}"), count)
    named = ledger.select(["row", "repository", "path"]).append_column("detail", detail)
    return CuratedBatch(
        documents=_none(DOCUMENTS),
        kept=_none(kept),
        ledger=ledger,
        damaged=[{**row, "error": SKIPPED} for row in named.to_pylist()],
        files_read=0,
        bytes_read=0,
    )


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _none(schema: pa.Schema) -> pa.RecordBatch:
    return pa.record_batch([pa.nulls(0, field.type) for field in schema], schema=schema)
