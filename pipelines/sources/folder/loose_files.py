"""Reads the loose files of a part; remote ones are prefetched."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from codecorpus.pipelines.sources.base import TOO_LARGE, Limits
from codecorpus.pipelines.sources.batching import NAMES, RecordGroup
from codecorpus.pipelines.sources.io.local import read_file, too_large_error

if TYPE_CHECKING:
    from codecorpus.pipelines.storage.locations import FileInfo
    from codecorpus.pipelines.storage.prefetch import Prefetcher


def loose_file_groups(inputs: pa.Table, limits: Limits) -> Iterator[RecordGroup]:
    """Groups of at most `batch_rows` files.

    Args:
        inputs: rows of a part's table, all of them files.
        limits: a file over `record_bytes` by its listed size has an error, and is not opened.
    """
    for start in range(0, len(inputs), limits.batch_rows):
        rows = inputs.slice(start, limits.batch_rows)
        files = LooseFiles(rows)
        try:
            yield RecordGroup(_names(rows, limits.record_bytes), files.read_into, files.prefetch)
        finally:
            files.close()


class LooseFiles:
    """Reads files in order.

    Args:
        inputs: rows of a part's table.
    """

    def __init__(self, inputs: pa.Table) -> None:
        names = ("location", "size", "stamp")
        self._locations, self._sizes, self._stamps = (inputs[name].to_pylist() for name in names)
        self._prefetched: Prefetcher[FileInfo, bytes] | None = None

    def prefetch(self, needed: list[bool]) -> None:
        """Start to fetch the remote files whose content is needed."""
        rows = [row for row, is_needed in enumerate(needed) if is_needed and self._is_remote(row)]
        if not rows:
            return
        from codecorpus.pipelines.storage.locations import FileInfo
        from codecorpus.pipelines.storage.prefetch import Prefetcher  # local builds do without it
        from codecorpus.pipelines.storage.stores import read_listed

        def file_info(row: int) -> tuple[FileInfo, int]:
            url, size = os.fsdecode(self._locations[row]), self._sizes[row]
            return FileInfo(url, size, self._stamps[row]), size

        self._prefetched = Prefetcher(read_listed, map(file_info, rows))

    def read_into(self, index: int, buffer: memoryview | None) -> int:
        """Read a file; see `batching.RecordGroup.read_into`.

        Raises:
            CodecorpusError: a remote file could not be fetched, or changed since it was listed.
        """
        if buffer is None:
            return 0
        if not self._is_remote(index):
            return read_file(self._locations[index], buffer, self._sizes[index])
        assert self._prefetched is not None
        data = next(self._prefetched)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Stop fetching."""
        if self._prefetched is not None:
            self._prefetched.close()

    def _is_remote(self, index: int) -> bool:
        return not self._locations[index].startswith(b"/")


def _names(inputs: pa.Table, record_bytes: int) -> pa.RecordBatch:
    """The inputs as a batch of NAMES; files over the limit by their listed size have an error."""
    large = pc.greater(inputs.column("size"), record_bytes)
    if pc.any(large).as_py():
        details = pa.array(
            [
                too_large_error(size, record_bytes).detail
                for size in inputs.column("size").to_pylist()
            ],
            pa.string(),
        )
        for name, value in (("error", pa.scalar(TOO_LARGE)), ("detail", details)):
            at = inputs.schema.get_field_index(name)
            column = pc.if_else(large, value, inputs.column(name))
            inputs = inputs.set_column(at, inputs.field(at), column)
    columns = [
        inputs.column(field.name).combine_chunks()
        if field.name in inputs.schema.names
        else pa.nulls(inputs.num_rows, field.type)
        for field in NAMES
    ]
    return pa.record_batch(columns, schema=NAMES)
