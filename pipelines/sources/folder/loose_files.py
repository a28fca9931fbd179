"""Loose files of a part: those of this machine are read in their turn, others fetched ahead."""

import os
from typing import TYPE_CHECKING

import pyarrow as pa

from codecorpus.pipelines.sources.io.local import read_file

if TYPE_CHECKING:
    from codecorpus.pipelines.storage.locations import FileInfo
    from codecorpus.pipelines.storage.prefetch import Prefetcher


class LooseFiles:
    """Reads files in their order.

    Args:
        inputs: rows of a part's inputs.
    """

    def __init__(self, inputs: pa.Table) -> None:
        names = ("location", "size", "stamp")
        self._locations, self._sizes, self._stamps = (inputs[name].to_pylist() for name in names)
        self._ahead: Prefetcher[FileInfo, bytes] | None = None

    def expect(self, needed: list[bool]) -> None:
        """Begin to fetch the remote files whose content is needed."""
        rows = [row for row, is_needed in enumerate(needed) if is_needed and self._is_away(row)]
        if not rows:
            return
        from codecorpus.pipelines.storage.locations import FileInfo
        from codecorpus.pipelines.storage.prefetch import Prefetcher  # local builds need none of it
        from codecorpus.pipelines.storage.stores import read_listed

        def found(row: int) -> tuple[FileInfo, int]:
            url, size = os.fsdecode(self._locations[row]), self._sizes[row]
            return FileInfo(url, size, self._stamps[row]), size

        self._ahead = Prefetcher(read_listed, map(found, rows))

    def fill(self, index: int, into: memoryview | None) -> int:
        """As `assembling.Fill`.

        Raises:
            CodecorpusError: a file elsewhere could not be had, or is not what was listed.
        """
        if into is None:
            return 0
        if not self._is_away(index):
            return read_file(self._locations[index], into, self._sizes[index])
        assert self._ahead is not None
        data = next(self._ahead)
        into[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Fetch nothing more."""
        if self._ahead is not None:
            self._ahead.close()

    def _is_away(self, index: int) -> bool:
        return not self._locations[index].startswith(b"/")
