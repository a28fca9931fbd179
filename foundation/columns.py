"""Columns of byte strings as kernels read them: one buffer, and each value's start and end."""

from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)


def read_only(array: NDArray[Scalar]) -> NDArray[Scalar]:
    """A contiguous view without write access; numba compiles a kernel again for writable arrays."""
    view = np.ascontiguousarray(array).view(np.ndarray)
    view.setflags(write=False)
    return view


@dataclass(frozen=True)
class ByteColumn:
    """Byte strings in one shared buffer, in any order, without copies.

    Attributes:
        data: uint8, the buffer; kernels must not read past its end.
        starts: int64[n], byte offset of each value's first byte.
        ends: int64[n], byte offset one past each value's last byte.
    """

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """int64[n], each value's length in bytes."""
        return self.ends - self.starts

    def select(self, rows: NDArray[Any]) -> "ByteColumn":
        """The values that a boolean mask or an index array selects, sharing the buffer."""
        return ByteColumn(self.data, self.starts[rows], self.ends[rows])

    def head(self, size: int) -> "ByteColumn":
        """The first `size` bytes of each value, sharing the buffer."""
        return ByteColumn(self.data, self.starts, np.minimum(self.ends, self.starts + size))

    @staticmethod
    def from_arrow(array: pa.Array) -> "ByteColumn":
        """A view of a (large_)binary or (large_)string array; nulls become empty values."""
        wide = pa.types.is_large_binary(array.type) or pa.types.is_large_string(array.type)
        _, offset_buffer, data_buffer = array.buffers()
        count = len(array)
        offsets = (
            np.frombuffer(
                offset_buffer,
                np.int64 if wide else np.int32,
                count + 1,
                array.offset * (8 if wide else 4),
            ).astype(np.int64, copy=False)
            if count
            else np.zeros(1, np.int64)
        )
        data = (
            np.frombuffer(data_buffer, np.uint8)
            if data_buffer is not None
            else np.empty(0, np.uint8)
        )
        return ByteColumn(data, offsets[:-1], offsets[1:])

    @staticmethod
    def from_values(values: list[bytes]) -> "ByteColumn":
        """Copy byte strings into one buffer; for tests and small inputs."""
        return ByteColumn.from_arrow(pa.array(values, pa.large_binary()))
