"""Arrays that the tasks of one stage leave for those of the next, to be memory-mapped."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.context import Build, work
from pipelines.storage import FileDigest


def write_array(
    build: Build, stage: str, name: str, array: NDArray[Any], digests: dict[str, FileDigest]
) -> None:
    """Write an array among a stage's files."""
    array = np.ascontiguousarray(array)
    with build.folder.create(work(stage, name), digests) as file:
        header = np.lib.format.header_data_from_array_1_0(array)
        np.lib.format.write_array_header_1_0(file, header)
        if array.size:
            file.write(array.data)


def map_array(build: Build, stage: str, name: str) -> NDArray[Any]:
    """A stage's array, memory-mapped for reading; an empty one is read."""
    path = build.folder.path(work(stage, name))
    array: NDArray[Any] = np.load(path, allow_pickle=False)
    if array.size:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    return array
