"""Which of several copies a recipe prefers."""

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
