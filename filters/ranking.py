"""Which of several copies a recipe prefers."""

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
"""Licences by SPDX identifier in lower case (GitHub's API, CodeParrot), the freest class first."""


def license_rank(licenses: pa.ChunkedArray) -> NDArray[np.int64]:
    """int64[n], 0 for the freest class of FREEDOM; a licence not listed, then none, come last.

    Args:
        licenses: string[n], SPDX identifiers in any case, null where unknown.
    """
    ranks = {name: rank for rank, (_, names) in enumerate(FREEDOM) for name in names}
    encoded = licenses.combine_chunks().dictionary_encode()
    of_text = [ranks.get(text.lower(), len(FREEDOM)) for text in encoded.dictionary.to_pylist()]
    table = np.array([*of_text, len(FREEDOM) + 1])
    codes = encoded.indices.fill_null(len(of_text)).to_numpy(zero_copy_only=False)
    found: NDArray[np.int64] = table[codes]
    return found


def pack_keys(keys: Sequence[NDArray[Any]]) -> list[NDArray[np.uint64]]:
    """Several keys as few words that sort like them, the first key and the first word first.

    Each key takes the bits that its range needs, so what a recipe prefers mostly fits in one word.

    Args:
        keys: of any integer type, [n] each; the least is preferred.

    Returns:
        uint64[n] each; none where all keys are constant.
    """
    words: list[NDArray[np.uint64]] = []
    free = 0
    for key in keys:
        least, most = (int(key.min()), int(key.max())) if len(key) else (0, 0)
        bits = (most - least).bit_length()
        if bits > free:
            words.append(np.zeros(len(key), np.uint64))
            free = 64
        if bits:
            free -= bits
            # modulo 2**64, so that a difference beyond the key's own type comes out right
            above = key.astype(np.uint64) - np.uint64(least % (1 << 64))
            words[-1] |= above << np.uint64(free)
    return words
