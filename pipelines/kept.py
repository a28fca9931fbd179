"""The files that curation kept, of all parts, as one numbered table: columns are gathered lazily.

A file's number is its position in the documents of all parts, in the parts' order. Columns of fixed
width are memory-mapped, so a task touches only the columns and the parts that it needs.
"""

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.context import Build, work


class KeptFiles:
    """The kept files of a build."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._tables: dict[int, pa.Table] = {}
        counts = [
            build.summary("curate", index)["documents"] for index in range(len(build.plan.parts))
        ]
        self.offsets: NDArray[np.int64] = np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
        """int64[parts + 1], the number of each part's first file."""

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def column(self, name: str) -> pa.ChunkedArray:
        """A column over all files."""
        chunks = [
            chunk
            for index in range(len(self._build.plan.parts))
            for chunk in self._table(index)[name].chunks
        ]
        return pa.chunked_array(chunks, self._table(0).schema.field(name).type)

    def numbers(self, name: str) -> NDArray[Any]:
        """A column of numbers, copied together; null reads as -1."""
        column = self.column(name)
        if column.null_count:
            column = column.fill_null(-1)
        out = np.empty(len(column), column.type.to_pandas_dtype())
        at = 0
        for chunk in column.chunks:
            out[at : at + len(chunk)] = chunk.to_numpy(zero_copy_only=False)
            at += len(chunk)
        return out

    def parts(self, files: NDArray[np.int64]) -> NDArray[np.int32]:
        """int32[len(files)], the part that each of the named files stands in."""
        parts: NDArray[np.int32] = (np.searchsorted(self.offsets, files, side="right") - 1).astype(
            np.int32
        )
        return parts

    def fixed(self, name: str, files: NDArray[np.int64] | None = None) -> NDArray[np.uint8]:
        """uint8[n, width] of a column of fixed-size binary, of all files or the named ones."""
        column = self.column(name)
        width = column.type.byte_width
        chunks = [_view(chunk, width) for chunk in column.chunks]
        if files is None:
            return np.concatenate(chunks) if chunks else np.empty((0, width), np.uint8)
        out = np.empty((len(files), width), np.uint8)
        starts = np.concatenate(([0], np.cumsum([len(chunk) for chunk in chunks], dtype=np.int64)))
        home = np.searchsorted(starts, files, side="right") - 1
        for index in np.unique(home):
            inside = home == index
            out[inside] = chunks[index][files[inside] - starts[index]]
        return out

    def _table(self, index: int) -> pa.Table:
        if index not in self._tables:
            name = work("curate", f"{index:05d}.arrow")
            self._tables[index] = self._build.folder.open_arrow(name).read_all()
        return self._tables[index]


def _view(chunk: pa.Array, width: int) -> NDArray[np.uint8]:
    data = np.frombuffer(chunk.buffers()[1], np.uint8) if len(chunk) else np.empty(0, np.uint8)
    first = chunk.offset * width
    return data[first : first + len(chunk) * width].reshape(len(chunk), width)
