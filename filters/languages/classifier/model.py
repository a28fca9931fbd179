"""The classifier's weights: `model.npz` beside this file, plain arrays and no pickle.

A `Linear` each for all classes and for each of `close.GROUPS`; their arrays are named after their
place, `0.tags` and so on. `language`, int8[classes], has the first one's classes' indices in
LANGUAGES, -1 for a kind of files that is none of the 23. `models/content_language` trains them.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.confusable_languages import GROUPS
from codecorpus.filters.languages.classifier.linear import Linear

PATH = Path(__file__).with_name("model.npz")


class Model(NamedTuple):
    """What decides.

    Attributes:
        language: int8[classes], see the module.
        first: among all classes.
        close: among the languages of each of GROUPS.
    """

    language: NDArray[np.int8]
    first: Linear
    close: tuple[Linear, ...]

    def write(self, path: Path) -> None:
        """Save it for `read`; the same model gives the same bytes."""
        arrays = {"language": self.language}
        for place, linear in enumerate((self.first, *self.close)):
            for name, array in linear._asdict().items():
                arrays[f"{place}.{name}"] = np.asarray(array)
        np.savez_compressed(path, allow_pickle=False, **arrays)


def read(path: Path) -> Model:
    """A model's file.

    Raises:
        OSError: it cannot be read.
        KeyError: an array is not there.
    """
    with np.load(path, allow_pickle=False) as arrays:
        linears = [
            Linear(
                arrays[f"{place}.tags"],
                arrays[f"{place}.weights"],
                arrays[f"{place}.bias"],
                float(arrays[f"{place}.temperature"]),
            )
            for place in range(1 + len(GROUPS))
        ]
        return Model(arrays["language"], linears[0], tuple(linears[1:]))


@functools.cache
def shipped() -> Model:
    """The model that comes with the package, read once."""
    return read(PATH)
