"""The git blob id of a file: SHA-1 of `blob <size>`, a NUL byte and the bytes (git-hash-object)."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.columns import ByteColumn

SIZE = 20
"""Length of an id in bytes."""


def content_id(data: bytes | memoryview) -> bytes:
    """The id of a file with these bytes."""
    digest = hashlib.sha1(b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.digest()


def content_ids(column: ByteColumn, was_read: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """uint8[n, 20], the ids of the rows that were read; zeros for the others.

    One call into OpenSSL per file costs about 2 µs; the hashing of the bytes dominates.
    """
    view = column.data.data
    spans = zip(column.starts.tolist(), column.ends.tolist(), was_read.tolist(), strict=True)
    ids = [content_id(view[start:end]) if known else bytes(SIZE) for start, end, known in spans]
    return np.frombuffer(b"".join(ids), np.uint8).reshape(len(ids), SIZE)
