"""The contents of a batch of records as text."""

import pyarrow as pa

from codecorpus.pipelines.stages.curate.decisions import Mask


def as_text(content: pa.Array, readable: Mask) -> pa.Array:
    """The contents as large_string, null where they are not readable, sharing the buffer."""
    valid = pa.array(readable)
    buffers = [valid.buffers()[1], *content.buffers()[1:]]
    if content.offset:  # a bitmap of our own begins at bit 0
        buffers = [valid.buffers()[1], *pa.concat_arrays([content]).buffers()[1:]]
    return pa.Array.from_buffers(pa.large_string(), len(content), buffers)
