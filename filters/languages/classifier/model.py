"""The classifier's weights: `model.npz` next to this file, plain arrays without pickle.

It contains a `Linear` for all classes, and one for each of `CONFUSABLE_GROUPS`; the arrays' names
are prefixed by the number of the model: `0.tags` and so on. `language`, int8[classes], maps the
classes of the first model to indices in LANGUAGES, or -1 for a kind of file outside the 23.
`models/content_language` trains the models.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier.confusable_languages import CONFUSABLE_GROUPS
from codecorpus.filters.languages.classifier.linear import Linear

PATH = Path(__file__).with_name("model.npz")


class Model(NamedTuple):
    """The models of the classifier.

    Attributes:
        language: int8[classes], the index of each class of `broad` in LANGUAGES, or -1.
        broad: chooses among all classes.
        confusable: choose among the languages of each of CONFUSABLE_GROUPS.
    """

    language: NDArray[np.int8]
    broad: Linear
    confusable: tuple[Linear, ...]

    def write(self, path: Path) -> None:
        """Save for `read_model`; equal models have equal bytes."""
        arrays = {"language": self.language}
        for number, linear in enumerate((self.broad, *self.confusable)):
            for name, array in linear._asdict().items():
                arrays[f"{number}.{name}"] = np.asarray(array)
        np.savez_compressed(path, allow_pickle=False, **arrays)


def read_model(path: Path) -> Model:
    """Read a model file.

    Raises:
        OSError: the file cannot be read.
        KeyError: an array is missing.
    """
    with np.load(path, allow_pickle=False) as arrays:
        linears = [
            Linear(
                arrays[f"{number}.tags"],
                arrays[f"{number}.weights"],
                arrays[f"{number}.bias"],
                float(arrays[f"{number}.temperature"]),
            )
            for number in range(1 + len(CONFUSABLE_GROUPS))
        ]
        return Model(arrays["language"], linears[0], tuple(linears[1:]))


@functools.cache
def load_model() -> Model:
    """The model of the package, read once per process."""
    return read_model(PATH)
