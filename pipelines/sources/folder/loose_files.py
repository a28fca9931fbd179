"""Reads the loose files of a part; remote ones are prefetched."""

import os
from typing import TYPE_CHECKING

import pyarrow as pa

from codecorpus.pipelines.sources.io.local import read_file

if TYPE_CHECKING:
    from codecorpus.pipelines.storage.locations import FileInfo
    from codecorpus.pipelines.storage.prefetch import Prefetcher


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
