"""Schemas of the tables in the output folder, and of tables that stages pass to later stages."""

import pyarrow as pa

from codecorpus.filters.signals import MEASURED

CONTENT_ID = pa.binary(20)
"""The git blob id: SHA-1 of `blob <size>` NUL and the bytes."""

DOCUMENTS = pa.schema(
    [
        pa.field("content_id", CONTENT_ID),
        pa.field("text", pa.large_string()),
        pa.field("repository", pa.string()),
        pa.field("path", pa.string()),
        pa.field("language", pa.string()),
        pa.field("source", pa.string()),
        pa.field("stars", pa.int32()),
        pa.field("license", pa.string()),
        pa.field("size", pa.int64()),
        *MEASURED,
    ]
)

_RECORD = [
    pa.field("source", pa.string()),
    pa.field("part", pa.int32()),
    pa.field("row", pa.int64()),
    pa.field("repository", pa.string()),
    pa.field("path", pa.string()),
    pa.field("content_id", CONTENT_ID),
    pa.field("size", pa.int64()),
    pa.field("language", pa.string()),
]

DECISIONS = pa.schema([*_RECORD, pa.field("reason", pa.string()), *MEASURED])
"""The ledger before deduplication."""

LEDGER = pa.schema(
    [
        *_RECORD,
        pa.field("decision", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("duplicate_of", CONTENT_ID),
        pa.field("duplicate_of_part", pa.int32()),
        pa.field("duplicate_of_row", pa.int64()),
        pa.field("tokens", pa.int64()),
        *MEASURED,
    ]
)

DUPLICATES = pa.schema(
    [
        pa.field("content_id", CONTENT_ID),
        pa.field("duplicate_of", CONTENT_ID),
        pa.field("similarity", pa.float64()),
    ]
)

PLACEMENTS = pa.schema(
    [
        pa.field("row", pa.int64()),
        pa.field("offset", pa.int32()),
        pa.field("tag_length", pa.int32()),
        pa.field("length", pa.int32()),
        pa.field("content_id", CONTENT_ID),
        pa.field("segment", pa.int32()),
        pa.field("segments", pa.int32()),
    ]
)


def kept_files(permutations: int, bands: int) -> pa.Schema:
    """The columns of kept files that deduplication reads, in the order of the documents.

    Args:
        permutations: bytes of a sketch; 0 without near duplicates.
        bands: keys per file; 0 without near duplicates.
    """
    return pa.schema(
        [
            pa.field("content_id", CONTENT_ID),
            pa.field("row", pa.int64()),  # position in the part
            pa.field("size", pa.int64()),
            pa.field("stars", pa.int32()),
            pa.field("license", pa.string()),
            pa.field("repository", pa.string()),
            pa.field("path", pa.string()),
            *([pa.field("comparable", pa.bool_())] if bands else []),
            *([pa.field("sketch", pa.binary(permutations))] if bands else []),
            *[pa.field(f"band_{band:02d}", pa.uint64()) for band in range(bands)],
        ]
    )
