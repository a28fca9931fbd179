"""langid's model as integer arrays, memory-mapped from a file that all workers share.

py3langid ships the weights compressed, and unpacking them takes half a second and 70 MB. This is
done once per machine; the arrays are then cached in the user's cache folder, and a process maps the
few pages that it needs. The weights have half precision, so 1,024 times a weight is an integer and
the conversion is exact.

| array | dtype, shape | content |
|---|---|---|
| moves | uint32[rows, 256] | an automaton over bytes: the next state, by row and byte |
| rows | uint16[states] | the row of each state |
| features | int32[states] | the feature found on entering a state, or -1 |
| weights | int16[features, languages] | 1,024 times the logarithm of a feature's probability |
| priors | int64[languages] | the same for a language's probability, times UNIT |
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
"""The ISO 639-2 code for no linguistic content."""

NATURAL_LANGUAGES: Final = (
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "gl",
    "he", "hi", "hr", "hu", "id", "it", "ja", "ka", "ko", "lt", "lv", "ms", "nl", "no", "pl", "pt",
    "ro", "ru", "sk", "sl", "sq", "sr", "sv", "ta", "th", "tr", "uk", "ur", "vi", "zh", NO_WORDS,
)  # fmt: skip
"""The model's languages that code is commented in, without dialects and small languages: short
English comments were mistaken for these."""

UNIT: Final = 1 << 10
"""The factor of logarithms of counts, in addition to the 1,024 of the weights."""

_FORMAT: Final = 1


class Model(NamedTuple):
    """The arrays described in the module's docstring."""

    moves: NDArray[np.uint32]
    rows: NDArray[np.uint16]
    features: NDArray[np.int32]
    weights: NDArray[np.int16]
    priors: NDArray[np.int64]


@functools.cache
def load_model() -> Model:
    """The memory-mapped model; created at the first use on a machine."""
    name = f"py3langid-{version('py3langid')}-{_FORMAT}"
    folder = user_cache() / "natural-language" / name
    if not folder.exists():
        unpacked = _unpack()
        try:
            _write(folder, unpacked)
        except OSError:  # cannot be cached: only this process has it
            return unpacked
    arrays = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in Model._fields)
    return Model(*(np.asarray(array) for array in arrays))


def _write(folder: Path, arrays: Model) -> None:
    """Write a model; if several processes do, the first one wins and the others use its files."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        new = Path(temporary) / folder.name
        new.mkdir()
        for name, array in arrays._asdict().items():
            np.save(new / f"{name}.npy", array)
        try:
            os.rename(new, folder)  # noqa: PTH104 - fails if the folder exists
        except OSError:
            if not folder.exists():
                raise


def _unpack() -> Model:
    # needed once per machine, and the import takes a tenth of a second
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    langid: Any = LanguageIdentifier.from_model_file(MODEL_FILE)
    # the first column of a code has the usual script
    columns = [langid.nb_classes.index(language) for language in NATURAL_LANGUAGES]
    weights = langid.nb_ptc[:, columns].astype(np.float64) * 1024
    assert (weights == np.round(weights)).all()
    return Model(
        np.asarray(langid.tk_nextmove, np.uint32).reshape(-1, 256),
        np.asarray(langid.tk_row, np.uint16),
        np.asarray(langid.tk_output, np.int32),
        weights.astype(np.int16),
        np.round(langid.nb_pc[columns].astype(np.float64) * 1024 * UNIT).astype(np.int64),
    )
