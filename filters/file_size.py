"""The rule `file_size`."""

from typing import ClassVar

from pydantic import Field

from codecorpus.filters.rule import ByteBounds, Bytes, Threshold

MIN_BYTES = 1_024
MAX_BYTES = 102_400


class FileSize(Threshold[ByteBounds]):
    """Keeps files of 1 KB to 100 KB.

    Very small files teach little; very large ones are usually data or generated code.

    Source: CodeGeeX (arXiv 2303.17568 and its README) drops files larger than 100 KB or smaller
    than 1 KB, without defining KB. Here the size is that of the file as read, 1 KB is 1,024 bytes,
    and files of exactly 1,024 or 102,400 bytes pass.
    """

    signal: ClassVar[str] = "size"

    min: Bytes | None = Field(
        default=MIN_BYTES,
        description="Smallest size that passes; null: no limit.",
        examples=[MIN_BYTES],
    )
    max: Bytes | None = Field(
        default=MAX_BYTES,
        description="Largest size that passes; null: no limit.",
        examples=[1_048_576],
    )
