"""Corpora of random ids with any number of parts and rows, written without a build."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from codecorpus.pipelines.corpus.layout import (
    FORMAT,
    LEDGER,
    MANIFEST,
    ROWS,
    TOKENIZER,
    part_file,
    shard_file,
)
from codecorpus.pipelines.corpus.schemas import LEDGER as LEDGER_SCHEMA
from codecorpus.pipelines.corpus.schemas import PLACEMENTS
from codecorpus.pipelines.corpus.shards import ShardWriter
from codecorpus.pipelines.corpus.tables import fixed_size, parquet_writer
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder

PADDING = 50_256


def write_corpus(
    path: Path, parts: Sequence[int], *, sequence_length: int = 64, repositories: int = 40
) -> Path:
    """Write a corpus in which each row is a file of its own, of random length.

    Args:
        path: its folder.
        parts: rows of each part.
        sequence_length: ids of a row, minus one.
        repositories: the files are divided among so many, at random.
    """
    random = np.random.default_rng(0)
    folder, digests = Folder(path), dict[str, FileDigest]()
    first = 0
    for part, rows in enumerate(parts):
        lengths = random.integers(2, sequence_length + 2, rows)
        ids = random.integers(0, PADDING, (rows, sequence_length + 1)).astype(np.uint16)
        ids[np.arange(sequence_length + 1) >= lengths[:, None]] = PADDING
        name = shard_file(part, len(parts))
        with ShardWriter.create(folder, name, sequence_length, digests) as shard:
            shard.write(ids, np.zeros(rows, np.int64))
        contents = fixed_size(random.integers(0, 256, (rows, 20), np.uint8))
        placements = {
            "row": np.arange(first, first + rows),
            "offset": np.zeros(rows),
            "tag_length": np.ones(rows),
            "length": lengths,
            "content_id": contents,
            "segment": np.zeros(rows),
            "segments": np.ones(rows),
        }
        name = part_file(ROWS, part, len(parts))
        with parquet_writer(folder, name, PLACEMENTS, digests) as file:
            file.write_table(_table(PLACEMENTS, placements, rows))
        owners = random.integers(0, repositories, rows)
        ledger = {
            "source": ["folder"] * rows,
            "repository": [f"owner/{number}" for number in owners.tolist()],
            "path": [f"{row}.py" for row in range(first, first + rows)],
            "content_id": contents,
            "language": ["Python"] * rows,
            "decision": ["kept"] * rows,
        }
        name = part_file(LEDGER, part, len(parts))
        with parquet_writer(folder, name, LEDGER_SCHEMA, digests) as file:
            file.write_table(_table(LEDGER_SCHEMA, ledger, rows))
        first += rows
    folder.write_bytes(TOKENIZER, b"{}", digests)
    manifest = {
        "format": FORMAT,
        "rows": first,
        "sequence_length": sequence_length,
        "parts": [{"rows": rows, "counts": {"kept": rows}} for rows in parts],
        "files": {name: [digest.size, digest.sha256] for name, digest in digests.items()},
    }
    folder.write_json(MANIFEST, manifest)
    return path


def _table(schema: pa.Schema, columns: dict[str, object], rows: int) -> pa.Table:
    """A table with nulls in the columns that are not given."""
    arrays = [
        pa.array(columns[field.name]).cast(field.type)
        if field.name in columns
        else pa.nulls(rows, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema)
