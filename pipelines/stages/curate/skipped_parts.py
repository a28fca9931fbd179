"""The ledger rows of a skipped part: one for each of its inputs.

An input is a file, an archive or a data set, or a split of one. Its records are unknown because
the part failed. With these rows the counts still add up, and `codecorpus why` can name the stage
and the error.
"""

from typing import Final

import numpy as np
import pyarrow as pa

from codecorpus.pipelines.corpus.schemas import DOCUMENTS
from codecorpus.pipelines.stages.artifacts import BATCH_DECISIONS
from codecorpus.pipelines.stages.curate.steps import CuratedBatch
from codecorpus.pipelines.stages.plan import SkippedPart

SKIPPED: Final = "unreadable.skipped"
"""The reason of an input whose part failed, in a build with `--skip-failed`."""


def skipped_batch(inputs: pa.Table, skipped: SkippedPart, kept: pa.Schema) -> CuratedBatch:
    """A batch with the inputs of a part as records that were not read.

    Args:
        inputs: the part's inputs; files have `repository` and `path`, others only `name`.
        skipped: the stage and error.
        kept: schema of the kept files, of which the batch has none.
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
        pa.nulls(count, field.type)
        if known.get(field.name) is None
        else _combined(known[field.name])
        for field in BATCH_DECISIONS
    ]
    ledger = pa.record_batch(columns, schema=BATCH_DECISIONS)
    detail = pa.repeat(pa.scalar(f"{skipped.stage}: {skipped.error}"), count)
    named = ledger.select(["row", "repository", "path"]).append_column("detail", detail)
    return CuratedBatch(
        documents=pa.RecordBatch.from_pylist([], DOCUMENTS),
        kept=pa.RecordBatch.from_pylist([], kept),
        ledger=ledger,
        damaged=[{**row, "error": SKIPPED} for row in named.to_pylist()],
        files_read=0,
        bytes_read=0,
    )


def _combined(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
