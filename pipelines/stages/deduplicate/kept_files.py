"""The files that curation kept in all parts, as one numbered table that is never loaded as a whole.

A file's number is its position in the documents of all parts, in the order of the parts. Reads go
through the necessary parts one at a time, and load the requested columns only.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from codecorpus.pipelines.stages.artifacts import CURATE, kept_files_schema
from codecorpus.pipelines.stages.context import Build


class KeptFiles:
    """The kept files of a build; `len()` is their number."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._schema = kept_files_schema(build.recipe.deduplicate.near or None)
        self.offsets: NDArray[np.int64] = build.cached("kept files", lambda: _offsets(build))
        """int64[parts + 1], the number of each part's first file."""

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def batches(
        self, *names: str, parts: Iterable[int] | None = None
    ) -> Iterator[tuple[slice, pa.RecordBatch]]:
        """Read the files batch by batch.

        Args:
            names: the columns to read.
            parts: the parts to read, ascending; None: all.

        Yields:
            The numbers of a batch's files, and its columns, memory-mapped.
        """
        fields = [self._schema.get_field_index(name) for name in names]
        options = pa.ipc.IpcReadOptions(included_fields=fields, use_threads=False)
        for part in range(len(self.offsets) - 1) if parts is None else parts:
            begin = int(self.offsets[part])
            if begin == self.offsets[part + 1]:
                continue
            path = self._build.folder.path(CURATE.kept_files(part))
            with pa.memory_map(str(path)) as file:
                reader = pa.ipc.open_file(file, options=options)
                for index in range(reader.num_record_batches):
                    batch = reader.get_batch(index)
                    yield slice(begin, begin + batch.num_rows), batch
                    begin += batch.num_rows

    def numbers(self, name: str) -> NDArray[Any]:
        """A numeric column of all files; nulls are -1."""
        found = np.empty(len(self), _numpy_dtype(self._schema.field(name).type))
        for rows, batch in self.batches(name):
            found[rows] = values(batch[name])
        return found

    def batches_with(
        self, *names: str, files: NDArray[Any]
    ) -> Iterator[tuple[slice, NDArray[np.int64], pa.RecordBatch]]:
        """Read the batches that contain the given files.

        Args:
            names: the columns to read.
            files: file numbers, ascending.

        Yields:
            The range of `files` that a batch contains, their rows in the batch, and its columns.
        """
        files = files.astype(np.int64, copy=False)
        for rows, batch in self.batches(*names, parts=self.parts_of(files).tolist()):
            begin, end = np.searchsorted(files, [rows.start, rows.stop]).tolist()
            if begin < end:
                inside = files[begin:end] - rows.start
                yield slice(begin, end), inside, batch

    def take(self, name: str, files: NDArray[Any]) -> NDArray[Any]:
        """A column of the given files, in the form that `values` returns.

        Args:
            name: a column of numbers or fixed-size binary.
            files: file numbers, ascending.
        """
        field = self._schema.field(name).type
        if pa.types.is_fixed_size_binary(field):
            found = np.empty((len(files), field.byte_width), np.uint8)
        else:
            found = np.empty(len(files), _numpy_dtype(field))
        for selected, inside, batch in self.batches_with(name, files=files):
            found[selected] = values(batch[name])[inside]
        return found

    def names(self, files: NDArray[Any]) -> pa.Table:
        """Repository and path of the given files, ascending."""
        schema = pa.schema([self._schema.field(name) for name in ("repository", "path")])
        found = [
            batch.take(pa.array(inside))
            for _, inside, batch in self.batches_with(*schema.names, files=files)
        ]
        return pa.Table.from_batches(found, schema)

    def parts_of(self, files: NDArray[Any]) -> NDArray[np.int64]:
        """The parts that contain the given files, ascending."""
        before = np.searchsorted(files.astype(np.int64, copy=False), self.offsets)
        found: NDArray[np.int64] = np.flatnonzero(np.diff(before))
        return found


def values(array: pa.Array) -> NDArray[Any]:
    """A batch's column as an array: numbers (nulls are -1), or uint8[n, width], without copying."""
    if pa.types.is_fixed_size_binary(array.type):
        width = array.type.byte_width
        data = np.frombuffer(array.buffers()[1], np.uint8)
        return data[array.offset * width :][: len(array) * width].reshape(len(array), width)
    if array.null_count:
        array = array.fill_null(-1)
    found: NDArray[Any] = array.to_numpy(zero_copy_only=False)
    return found


def _numpy_dtype(type_: pa.DataType) -> np.dtype[Any]:
    # `to_pandas_dtype` imports pandas, which is not among the dependencies and takes 0.8 s.
    dtype: np.dtype[Any] = pa.array([], type_).to_numpy().dtype
    return dtype


def _offsets(build: Build) -> NDArray[np.int64]:
    parts = range(len(build.plan.parts))
    counts = [build.summary(CURATE, index)["documents"] for index in parts]
    return np.concatenate(([0], np.cumsum(counts, dtype=np.int64)))
