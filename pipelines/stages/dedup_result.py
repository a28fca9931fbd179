"""The result of deduplication for each file that curation kept."""

from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray

from codecorpus.pipelines.stages.arrays import map_array
from codecorpus.pipelines.stages.artifacts import CHOOSE_SURVIVORS
from codecorpus.pipelines.stages.context import Build

COLUMNS: Final[dict[str, tuple[DTypeLike, tuple[int, ...]]]] = {
    "kind": (np.uint8, ()),
    "similarity": (np.float64, ()),
    "content_id": (np.uint8, (20,)),
    "of_content": (np.uint8, (20,)),
    "of_part": (np.int32, ()),
    "of_row": (np.int64, ()),
}
"""The fields of `DedupResult`: the type and shape of one entry."""


@dataclass(frozen=True)
class DedupResult:
    """The result for the n documents of one part. The named file is the one that is kept instead.

    Attributes:
        kind: uint8[n], KEPT, EXACT, NEAR or EARLIER.
        similarity: float64[n], to the named file; 1.0 for files that are kept.
        content_id, of_content: uint8[n, 20], the document's and the named file's.
        of_part, of_row: int32[n] and int64[n], part and row of the named file.
    """

    kind: NDArray[np.uint8]
    similarity: NDArray[np.float64]
    content_id: NDArray[np.uint8]
    of_content: NDArray[np.uint8]
    of_part: NDArray[np.int32]
    of_row: NDArray[np.int64]

    @staticmethod
    def load(build: Build, part: int) -> "DedupResult":
        """Memory-map the result of one part."""
        arrays = build.cached("dedup result", lambda: _map_arrays(build))
        first, last = arrays["offsets"][part : part + 2]
        return DedupResult(**{f.name: arrays[f.name][first:last] for f in fields(DedupResult)})


def _map_arrays(build: Build) -> dict[str, NDArray[Any]]:
    return {name: map_array(build, CHOOSE_SURVIVORS.column(name)) for name in ("offsets", *COLUMNS)}
