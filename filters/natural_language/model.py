"""langid's model as arrays of whole numbers, mapped from a file that all workers share.

The distribution py3langid holds the weights, packed so that unpacking them takes half a second and
70 MB. That is done once a machine; the arrays then lie in the user's cache, and a process maps the
few pages that it needs. The weights are of half precision, so 1,024 times a weight is whole: they
are taken over exactly.

| array | dtype, shape | what |
|---|---|---|
| moves | uint32[rows, 256] | an automaton over bytes: the next state, by row and byte |
| rows | uint16[states] | the row of each state |
| features | int32[states] | the feature that is seen when a state is entered, or -1 |
| weights | int16[features, languages] | 1,024 times the logarithm of a feature's probability |
| priors | int64[languages] | likewise of a language's, times UNIT |
"""

import functools
import os
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.caching import user_cache

NO_WORDS: Final = "zxx"
"""ISO 639-2's code for what is no language."""

NATURAL_LANGUAGES: Final = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "gl",
    "he", "hi", "hr", "hu", "id", "it", "ja", "ka", "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt",
    "ro", "ru", "sk", "sl", "sq", "sr", "sv", "ta", "th", "tr", "uk", "ur", "vi", "zh", NO_WORDS,
)  # fmt: skip
"""Those of the model's languages that code is commented in; with dialects and small languages among
the answers, short English comments were taken for them."""

UNIT: Final = 1 << 10
"""What logarithms of counts are multiplied with, beside the weights' own 1,024."""

_FORMAT: Final = 1


class Model(NamedTuple):
    """The arrays; see the module."""

    moves: NDArray[np.uint32]
    rows: NDArray[np.uint16]
    features: NDArray[np.int32]
    weights: NDArray[np.int16]
    priors: NDArray[np.int64]


@functools.cache
def load_model() -> Model:
    """The model, mapped; made at its first use on a machine."""
    name = f"py3langid-{version('py3langid')}-{_FORMAT}"
    folder = user_cache() / "natural-language" / name
    if not folder.exists():
        made = _unpack()
        try:
            _write(folder, made)
        except OSError:  # no place to keep it: this process has it to itself
            return made
    arrays = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in Model._fields)
    return Model(*(np.asarray(array) for array in arrays))


def _write(folder: Path, arrays: Model) -> None:
    """Write a model; of several processes that do, one is first, and the others take its."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        made = Path(place) / folder.name
        made.mkdir()
        for name, array in arrays._asdict().items():
            np.save(made / f"{name}.npy", array)
        try:
            os.rename(made, folder)  # noqa: PTH104 - replaces nothing
        except OSError:
            if not folder.exists():
                raise


def _unpack() -> Model:
    # it is needed once a machine, and takes a tenth of a second to import
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    given: Any = LanguageIdentifier.from_model_file(MODEL_FILE)
    # the first column of a code is the usual script's
    columns = [given.nb_classes.index(language) for language in NATURAL_LANGUAGES]
    weights = given.nb_ptc[:, columns].astype(np.float64) * 1024
    assert (weights == np.round(weights)).all()
    return Model(
        np.asarray(given.tk_nextmove, np.uint32).reshape(-1, 256),
        np.asarray(given.tk_row, np.uint16),
        np.asarray(given.tk_output, np.int32),
        weights.astype(np.int16),
        np.round(given.nb_pc[columns].astype(np.float64) * 1024 * UNIT).astype(np.int64),
    )
