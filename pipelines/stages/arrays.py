"""Arrays that the tasks of one stage leave for those of the next, to be memory-mapped."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.storage.digests import FileDigest


class ArrayFile:
    """An array that is being written in pieces, by its first dimension."""

    def __init__(self, file: io.RawIOBase, dtype: DTypeLike) -> None:
        self._file = file
        self._dtype = np.dtype(dtype)
        self.written = 0
        """How many entries were written."""

    def write(self, piece: NDArray[Any]) -> None:
        """Write the next entries, converted to the array's type."""
        piece = np.ascontiguousarray(piece, self._dtype)
        if piece.size:
            self._file.write(piece.data)
        self.written += len(piece)


@contextlib.contextmanager
def array_writer(
    build: Build,
    name: str,
    dtype: DTypeLike,
    shape: tuple[int, ...],
    digests: dict[str, FileDigest],
) -> Iterator[ArrayFile]:
    """Write an array among a stage's files without holding it.

    Args:
        build: whose array it is.
        name: of the file in the output folder, ending in `.npy`.
        dtype: of the entries.
        shape: of the whole array; as many entries must be written.
        digests: takes the file's digest.
    """
    header = {
        "descr": np.lib.format.dtype_to_descr(np.dtype(dtype)),
        "fortran_order": False,
        "shape": shape,
    }
    with build.folder.create(name, digests) as file:
        np.lib.format.write_array_header_1_0(file, header)
        array = ArrayFile(file, dtype)
        yield array
        assert array.written == shape[0], f"{name}: {array.written} entries of {shape[0]}"


def write_array(
    build: Build, name: str, array: NDArray[Any], digests: dict[str, FileDigest]
) -> None:
    """Write an array among a stage's files."""
    with array_writer(build, name, array.dtype, array.shape, digests) as file:
        file.write(array)


def map_array(build: Build, name: str) -> NDArray[Any]:
    """A stage's array, memory-mapped for reading; it holds a file open as long as it lives."""
    path = build.folder.path(name)
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
