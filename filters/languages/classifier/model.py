"""The classifier's weights: `model.npz` beside this file, plain arrays and no pickle.

| array | dtype, shape | what |
|---|---|---|
| tags | uint16[slots] | what the lowest 16 bits of a feature's hash must be; 0: the slot is empty |
| weights | int8[slots, classes] | what having the feature adds to each class's score |
| bias | int32[classes] | what each class's score begins with, for one feature |
| language | int8[classes] | each class's index in LANGUAGES; -1 for none of the 23 |
| temperature | float64[1] | margin, by the root of the features' number, of even odds times e |

Classes are the 23 languages and several kinds of other files; a file's slot is the topmost bits of
a feature's hash. `models/content_language` trains it.
"""

import functools
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

PATH = Path(__file__).with_name("model.npz")


class Model(NamedTuple):
    """The arrays; see the module."""

    tags: NDArray[np.uint16]
    weights: NDArray[np.int8]
    bias: NDArray[np.int32]
    language: NDArray[np.int8]
    temperature: float

    @property
    def slot_bits(self) -> int:
        """How many bits of a hash name the slot."""
        return len(self.tags).bit_length() - 1

    def write(self, path: Path) -> None:
        """Save it for `read`; the same model gives the same bytes."""
        arrays = self._asdict() | {"temperature": np.array([self.temperature])}
        np.savez_compressed(path, allow_pickle=False, **arrays)


def read(path: Path) -> Model:
    """A model's file.

    Raises:
        OSError: it cannot be read.
        KeyError: an array is not there.
    """
    with np.load(path, allow_pickle=False) as arrays:
        return Model(
            arrays["tags"],
            arrays["weights"],
            arrays["bias"],
            arrays["language"],
            float(arrays["temperature"][0]),
        )


@functools.cache
def shipped() -> Model:
    """The model that comes with the package, read once."""
    return read(PATH)
