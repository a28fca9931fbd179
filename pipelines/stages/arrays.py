"""NumPy arrays that one stage writes and later stages memory-map."""

import contextlib
import io
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.storage.digests import FileDigest


class ArrayFile:
    """An array that is being written in pieces along its first dimension."""

    def __init__(self, file: io.RawIOBase, dtype: DTypeLike) -> None:
        self._file = file
        self._dtype = np.dtype(dtype)
        self.written = 0
        """Entries written so far."""

    def write(self, piece: NDArray[Any]) -> None:
        """Append entries, converted to the array's type."""
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
    """Write an array in pieces, without holding all of it.

    Args:
        build: the build it belongs to.
        name: the file in the output folder, ending in `.npy`.
        dtype: type of the entries.
        shape: shape of the whole array; exactly `shape[0]` entries must be written.
        digests: receives the file's digest.
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
    """Write a whole array to a file of the output folder."""
    with array_writer(build, name, array.dtype, array.shape, digests) as file:
        file.write(array)


def map_array(build: Build, name: str) -> NDArray[Any]:
    """Memory-map an array for reading; the file stays open as long as the array exists."""
    path = build.folder.path(name)
    array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
