"""The contents of a batch of records: as bytes, as text, and by name."""

import hashlib

import numpy as np
import pyarrow as pa

from codecorpus.foundation.columns import ByteColumn
from codecorpus.pipelines.stages import tables
from codecorpus.pipelines.stages.curate.decisions import Mask

_NO_ID = bytes(20)


def as_text(content: pa.Array, readable: Mask) -> pa.Array:
    """The contents as large_string, null where they are none, sharing the buffer."""
    valid = pa.array(readable)
    buffers = [valid.buffers()[1], *content.buffers()[1:]]
    if content.offset:  # a bitmap of our own begins at bit 0
        buffers = [valid.buffers()[1], *pa.concat_arrays([content]).buffers()[1:]]
    return pa.Array.from_buffers(pa.large_string(), len(content), buffers)


def content_ids(column: ByteColumn, was_read: Mask) -> pa.Array:
    """Git blob ids of the rows that were read (git-hash-object: SHA-1 of a header and the bytes).

    One call into OpenSSL a file: some 2 µs beside the hashing of its bytes, which bounds it.
    """
    view, sha1 = column.data.data, hashlib.sha1
    ids = []
    spans = zip(column.starts.tolist(), column.ends.tolist(), was_read.tolist(), strict=True)
    for start, end, known in spans:
        if known:
            digest = sha1(b"blob %d\0" % (end - start), usedforsecurity=False)
            digest.update(view[start:end])
            ids.append(digest.digest())
        else:
            ids.append(_NO_ID)
    values = np.frombuffer(b"".join(ids), np.uint8).reshape(len(ids), len(_NO_ID))
    return tables.fixed_size(values, was_read)
