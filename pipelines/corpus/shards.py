"""Training rows as Hugging Face `datasets` stores them: `save_to_disk`'s layout, uncompressed.

`datasets.load_from_disk` opens the folder and memory-maps the shards. The features are written as
`_type: Sequence` without schema metadata, which versions 3 to 5 of `datasets` all read. The
fingerprint, which `datasets` chooses at random, is computed from the shards' digests here.
"""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.tokenization.language_tags import TAGGED_LANGUAGES

ROWS_PER_BATCH = 1000
"""Rows per record batch, as in `datasets`; to read one row, a reader maps its whole batch."""

CLASSES = (*TAGGED_LANGUAGES, "mixed")


def shard_schema(sequence_length: int) -> pa.Schema:
    """`input_ids` fixed_size_list<uint16>[sequence_length + 1], `language` int64 (class label)."""
    return pa.schema(
        [
            pa.field("input_ids", pa.list_(pa.uint16(), sequence_length + 1)),
            pa.field("language", pa.int64()),
        ]
    )


class ShardWriter:
    """Writes rows in record batches of equal size, whatever the sizes of the writes."""

    def __init__(self, writer: pa.RecordBatchStreamWriter, schema: pa.Schema) -> None:
        self._writer = writer
        self._schema = schema
        self._waiting: list[tuple[NDArray[np.uint16], NDArray[np.int64]]] = []
        self._held = 0
        self.rows = 0
        """Rows passed to `write` so far."""

    @staticmethod
    @contextlib.contextmanager
    def create(
        folder: Folder, name: str, sequence_length: int, digests: dict[str, FileDigest]
    ) -> "Iterator[ShardWriter]":
        """Create a shard, which appears when the block ends."""
        schema = shard_schema(sequence_length)
        with folder.create(name, digests) as file, pa.ipc.new_stream(file, schema) as stream:
            writer = ShardWriter(stream, schema)
            yield writer
            writer.flush()

    def write(self, ids: NDArray[np.uint16], languages: NDArray[np.int64]) -> None:
        """Append rows.

        Args:
            ids: uint16[rows, sequence_length + 1].
            languages: int64[rows], positions in CLASSES.
        """
        self.rows += len(ids)
        at = 0
        while at < len(ids):
            take = min(len(ids) - at, ROWS_PER_BATCH - self._held)
            self._waiting.append((ids[at : at + take], languages[at : at + take]))
            self._held += take
            at += take
            if self._held == ROWS_PER_BATCH:
                self.flush()
        if self._held:  # a view would keep the caller's whole batch alive
            self._waiting = [(ids.copy(), languages.copy()) for ids, languages in self._waiting]

    def flush(self) -> None:
        """Write the waiting rows as one record batch."""
        if not self._held:
            return
        if len(self._waiting) > 1:
            all_ids, all_languages = zip(*self._waiting, strict=True)
            self._waiting = [(np.concatenate(all_ids), np.concatenate(all_languages))]
        ids, languages = self._waiting[0]
        values = pa.array(np.ascontiguousarray(ids).reshape(-1))
        width = self._schema.field("input_ids").type.list_size
        rows = pa.FixedSizeListArray.from_arrays(values, width)
        self._writer.write_batch(pa.record_batch([rows, pa.array(languages)], self._schema))
        self._waiting = []
        self._held = 0


def dataset_files(sequence_length: int, shards: dict[str, FileDigest]) -> dict[str, bytes]:
    """The JSON files beside the shards, by name.

    Args:
        sequence_length: ids per row, minus one.
        shards: digests of the shards by file name, without folder, in order.
    """
    summed = hashlib.sha256("".join(d.sha256 for d in shards.values()).encode()).hexdigest()
    ids = {"dtype": "uint16", "_type": "Value"}
    info = {
        "citation": "",
        "description": "",
        "features": {
            "input_ids": {"feature": ids, "length": sequence_length + 1, "_type": "Sequence"},
            "language": {"names": list(CLASSES), "_type": "ClassLabel"},
        },
        "homepage": "",
        "license": "",
    }
    state: dict[str, Any] = {
        "_data_files": [{"filename": name} for name in shards],
        "_fingerprint": summed[:16],
        "_format_columns": None,
        "_format_kwargs": {},
        "_format_type": None,
        "_output_all_columns": False,
        "_split": None,
    }
    return {"dataset_info.json": _json(info), "state.json": _json(state)}


def _json(value: Any) -> bytes:  # noqa: ANN401
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
