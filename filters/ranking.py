"""Sort keys for the recipe's `prefer`: which of several copies to keep."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FREEDOM = (
    ("public domain", ("0bsd", "cc0-1.0", "unlicense", "wtfpl")),
    (
        "permissive",
        ("mit", "bsd-2-clause", "bsd-3-clause", "apache-2.0", "isc", "zlib", "bsl-1.0"),
    ),
    ("permissive with more terms", ("artistic-2.0", "ncsa", "postgresql", "ms-pl", "afl-3.0")),
    ("weak copyleft", ("mpl-2.0", "epl-1.0", "epl-2.0", "lgpl-2.1", "lgpl-3.0", "cddl-1.0")),
    ("strong copyleft", ("gpl-2.0", "gpl-3.0", "agpl-3.0", "eupl-1.2", "osl-3.0", "cc-by-sa-4.0")),
)
"""Classes of licences, the freest first: lower-case SPDX identifiers (GitHub's API, CodeParrot)."""


def license_rank(licenses: pa.ChunkedArray) -> NDArray[np.int64]:
    """int64[n]: 0 for the freest class of FREEDOM; unlisted licences, then unknown ones, come last.

    Args:
        licenses: string[n], SPDX identifiers in any case, null where unknown.
    """
    ranks = {name: rank for rank, (_, names) in enumerate(FREEDOM) for name in names}
    encoded = licenses.combine_chunks().dictionary_encode()
    ranks_of = [ranks.get(text.lower(), len(FREEDOM)) for text in encoded.dictionary.to_pylist()]
    table = np.array([*ranks_of, len(FREEDOM) + 1])
    codes = encoded.indices.fill_null(len(ranks_of)).to_numpy(zero_copy_only=False)
    result: NDArray[np.int64] = table[codes]
    return result


def pack_keys(keys: Sequence[NDArray[Any]]) -> list[NDArray[np.uint64]]:
    """Pack several sort keys into few words with the same order, the most significant first.

    Each key takes only the bits that its range needs, so a recipe's preferences usually fit in one
    word.

    Args:
        keys: of any integer type, [n] each; lower values are preferred.

    Returns:
        uint64[n] each; an empty list if all keys are constant.
    """
    words: list[NDArray[np.uint64]] = []
    free = 0
    for key in keys:
        least, greatest = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        bits = (greatest - least).bit_length()
        if bits > free:
            words.append(np.zeros(len(key), np.uint64))
            free = 64
        if bits:
            free -= bits
            # modulo 2**64, so that differences beyond the range of the key's type are right
            above = key.astype(np.uint64) - np.uint64(least % (1 << 64))
            words[-1] |= above << np.uint64(free)
    return words
