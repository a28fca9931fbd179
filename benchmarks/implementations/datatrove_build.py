"""The whole build in datatrove: file rules, MinHash with 16 buckets of 16, tokens.

    python -m benchmarks.implementations.datatrove_build IN OUT TOKENIZER WORKERS

IN has one Parquet file per task. The blocks are datatrove's, chained as in its MinHash example; the
rules, which it does not have, are a plain function (`file_rules.keeps`). OUT/summary.json gets the
seconds without imports.
"""

# mypy: disable-error-code="import-not-found"

import json
import resource
import sys
import time
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
    MinhashDedupSignature,
)
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.filters import LambdaFilter
from datatrove.pipeline.readers import JsonlReader, ParquetReader
from datatrove.pipeline.tokens import DocumentTokenizer
from datatrove.pipeline.writers import JsonlWriter

from benchmarks.harness import Untyped
from benchmarks.implementations.file_rules import keeps

CONFIG = MinhashConfig(n_grams=5, num_buckets=16, hashes_per_bucket=16)


def stays(document: Untyped) -> bool:
    """Whether a datatrove document passes the file rules."""
    return keeps(document.text, document.metadata["size"])


def main() -> None:
    """Run the four stages."""
    inputs, out, tokenizer = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    workers, tasks = int(sys.argv[4]), len(list(inputs.glob("*.parquet")))
    wall, processor = time.perf_counter(), _processor_seconds()
    stages = [
        (
            tasks,
            [
                ParquetReader(str(inputs), text_key="content"),
                LambdaFilter(stays),
                JsonlWriter(str(out / "kept"), compression=None),
                MinhashDedupSignature(str(out / "signatures"), config=CONFIG),
            ],
        ),
        (
            CONFIG.num_buckets,
            [MinhashDedupBuckets(str(out / "signatures"), str(out / "buckets"), config=CONFIG)],
        ),
        (1, [MinhashDedupCluster(str(out / "buckets"), str(out / "removed"), config=CONFIG)]),
        (
            tasks,
            [
                JsonlReader(str(out / "kept")),
                MinhashDedupFilter(str(out / "removed")),
                DocumentTokenizer(
                    str(out / "tokens"),
                    tokenizer_name_or_path=tokenizer,
                    eos_token="<|endoftext|>",
                    shuffle_documents=False,
                ),
            ],
        ),
    ]
    for number, (count, pipeline) in enumerate(stages):
        LocalPipelineExecutor(
            pipeline=pipeline,
            tasks=count,
            workers=min(workers, count),
            logging_dir=str(out / f"log-{number}"),
        ).run()
    summary = {
        "seconds": time.perf_counter() - wall,
        "processor_seconds": _processor_seconds() - processor,
    }
    (out / "summary.json").write_text(json.dumps(summary))


def _processor_seconds() -> float:
    """Processor seconds of this process and of the children it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


if __name__ == "__main__":
    main()
