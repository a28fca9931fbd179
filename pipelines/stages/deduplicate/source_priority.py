"""Repositories that an earlier source of the recipe has: their files are not taken from later ones.

A source has a repository when a file of it was kept there. Names compare as GitHub compares them:
`owner/name`, ASCII case aside. A bare name, as that of a folder, names no repository of GitHub, so
two folders that are called alike are none; nor does null.

Names are compared by 64 bits of their BLAKE2 digests: among ten million of them two agree by chance
with a probability of 3 in a million.
"""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles

_NAMED = r"^[^/]+/[^/]+$"
_NONE = np.uint64(0)
"""Stands for a name that is compared with none."""


def of_earlier_sources(build: Build, files: KeptFiles) -> NDArray[np.bool_]:
    """bool[n], which files are of a repository that an earlier source has."""
    taken = np.zeros(len(files), np.bool_)
    sources = np.array([part.source for part in build.plan.parts], np.int64)
    if not build.recipe.deduplicate.repositories or len(np.unique(sources)) < 2:
        return taken
    known = np.empty(0, np.uint64)
    for source in np.unique(sources).tolist():
        found = []
        for rows, batch in files.batches("repository", parts=np.flatnonzero(sources == source)):
            names = batch["repository"].dictionary_encode()
            digests = _digests(names.dictionary)
            found.append(digests[digests != _NONE])
            earlier = np.append(_among(known, digests), False)  # null is numbered -1
            taken[rows] = earlier[names.indices.fill_null(-1).to_numpy()]
        known = np.union1d(known, np.unique(np.concatenate([known[:0], *found])))
    return taken


def _among(known: NDArray[np.uint64], digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which digests are known; `known` is sorted, and stays so, however many batches ask."""
    if not len(known):
        return np.zeros(len(digests), np.bool_)
    found: NDArray[np.bool_] = known[np.searchsorted(known[:-1], digests)] == digests
    return found


def _digests(names: pa.Array) -> NDArray[np.uint64]:
    """uint64[n], equal for names of one repository; _NONE for what names none."""
    named = pc.match_substring_regex(names, _NAMED).to_pylist()
    digests = [
        int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
        if is_named
        else int(_NONE)
        for name, is_named in zip(pc.ascii_lower(names).to_pylist(), named, strict=True)
    ]
    return np.array(digests, np.uint64)
