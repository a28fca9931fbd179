"""Writes tables batch by batch, with the same bytes on every machine."""

import contextlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder

_PLAIN = {"text", "content_id", "duplicate_of"}
"""Columns whose values are mostly distinct, so that a dictionary would be built and discarded."""


@contextlib.contextmanager
def parquet_writer(
    folder: Folder, name: str, schema: pa.Schema, digests: dict[str, FileDigest]
) -> Iterator[pq.ParquetWriter]:
    """A Parquet file that appears when the block ends; each write is a row group."""
    encoded = [field.name for field in schema if field.name not in _PLAIN]
    with (
        folder.create(name, digests) as file,
        pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=encoded,
            write_statistics=encoded,
            store_schema=True,
        ) as writer,
    ):
        yield writer


@contextlib.contextmanager
def arrow_writer(
    folder: Folder, name: str, schema: pa.Schema, digests: dict[str, FileDigest]
) -> Iterator[pa.ipc.RecordBatchFileWriter]:
    """An uncompressed Arrow IPC file, to be memory-mapped."""
    with folder.create(name, digests) as file, pa.ipc.new_file(file, schema) as writer:
        yield writer


def fixed_size(
    values: NDArray[np.uint8], valid: NDArray[np.bool_] | None = None
) -> pa.FixedSizeBinaryArray:
    """uint8[n, width] as an Arrow array of fixed-size binary, without copying if contiguous.

    Args:
        values: the bytes of each value.
        valid: bool[n], false for nulls; None: no nulls.
    """
    bitmap = None if valid is None else pa.array(valid).buffers()[1]
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.binary(values.shape[1]), len(values), [bitmap, data])
