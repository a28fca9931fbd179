"""Finds files whose repository an earlier source of the recipe has.

A source has a repository if curation kept one of its files there. Names are compared as on GitHub:
`owner/name`, ignoring ASCII case. Bare names, such as those of folders, are never treated as the
same repository; nor are nulls.

Names are compared by 64 bits of their BLAKE2 digests. Among ten million names, the probability of
a collision is 3 in a million.
"""

import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles

_OWNER_AND_NAME = r"^[^/]+/[^/]+$"
_NOT_COMPARED = np.uint64(0)
"""The digest of names that are never the same repository."""


def in_earlier_source(build: Build, files: KeptFiles) -> NDArray[np.bool_]:
    """bool[n], true for files whose repository an earlier source has."""
    is_earlier = np.zeros(len(files), np.bool_)
    sources = np.array([part.source for part in build.plan.parts], np.int64)
    if not build.recipe.deduplicate.repositories or len(np.unique(sources)) < 2:
        return is_earlier
    known = np.empty(0, np.uint64)
    for source in np.unique(sources).tolist():
        found = []
        for rows, batch in files.batches("repository", parts=np.flatnonzero(sources == source)):
            names = batch["repository"].dictionary_encode()
            digests = _digests(names.dictionary)
            found.append(digests[digests != _NOT_COMPARED])
            earlier = np.append(_is_known(known, digests), False)  # null is numbered -1
            is_earlier[rows] = earlier[names.indices.fill_null(-1).to_numpy()]
        known = np.union1d(known, np.unique(np.concatenate([known[:0], *found])))
    return is_earlier


def _is_known(known: NDArray[np.uint64], digests: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """bool[n], which digests are in `known`, which is sorted."""
    if not len(known):
        return np.zeros(len(digests), np.bool_)
    found: NDArray[np.bool_] = known[np.searchsorted(known[:-1], digests)] == digests
    return found


def _digests(names: pa.Array) -> NDArray[np.uint64]:
    """uint64[n], equal for names of the same repository; _NOT_COMPARED for other names."""
    named = pc.match_substring_regex(names, _OWNER_AND_NAME).to_pylist()
    digests = [
        int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little")
        if is_named
        else int(_NOT_COMPARED)
        for name, is_named in zip(pc.ascii_lower(names).to_pylist(), named, strict=True)
    ]
    return np.array(digests, np.uint64)
