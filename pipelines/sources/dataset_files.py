"""Finds the files of data sets, which hold many records each, and describes splits of them."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import INPUTS
from codecorpus.pipelines.sources.io.file_stat import absolute_location, file_status
from codecorpus.pipelines.sources.io.filenames import decode_name
from codecorpus.pipelines.sources.io.walk import Entry, join, walk
from codecorpus.pipelines.sources.partition import Weights
from codecorpus.pipelines.storage.locations import Location

JSON_LINES: Final = {
    f"{stem}{suffix}": codec
    for stem in (".jsonl", ".json", ".ndjson")
    for suffix, codec in (("", "plain"), (".gz", "gzip"), (".zst", "zstd"))
}
"""Suffixes of JSON-lines files, and their compression."""

TO_THE_END: Final = 1 << 62
"""`Split.decompressed_end` of a split that extends to the end of its bytes."""

Range = tuple[int, int]
"""Begin and end."""

PARQUET: Final = {".parquet": "parquet"}

SCHEMA: Final = pa.schema(
    [
        *INPUTS,
        pa.field("location", pa.binary()),  # absolute raw path, or URL
        pa.field("kind", pa.string()),  # plain, gzip, zstd, parquet
        pa.field("begin", pa.int64()),  # byte, or row group
        pa.field("end", pa.int64()),
        pa.field("decompressed_begin", pa.int64()),
        pa.field("decompressed_end", pa.int64()),
    ]
)


Members = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True)
class FieldSpec:
    """Which fields of a data set become which columns of RECORDS.

    Attributes:
        texts: possible names of the field that holds the text. Parquet: the first that the file
            has; JSON lines: the first of a line that is a string.
        columns: the field for each string or int32 column of RECORDS; it may be missing.
        inside: JSON lines only: the member whose object holds `columns`; None: the line's own
            object does.
        is_record: JSON lines only: whether an object is a record of the source; others get no row.
    """

    texts: Sequence[str]
    columns: Mapping[str, str]
    inside: str | None = None
    is_record: Callable[[Members], bool] = lambda _: True


@dataclass(frozen=True)
class Split:
    """A part of a file that one task reads.

    Attributes:
        name: name of the file, for messages and for the row that reports damage.
        size: bytes of the whole file.
        stamp: when the file last changed: its modification time, or its store's etag.
        location: absolute raw path, or URL.
        kind: a value of JSON_LINES or PARQUET.
        begin, end: a range of bytes of the file, or of row groups.
        decompressed_begin, decompressed_end: a range of the decompressed bytes of that range; the
            split consists of the lines that begin in it. Rounded by the reader.
    """

    name: str
    size: int
    stamp: str
    location: bytes
    kind: str
    begin: int
    end: int
    decompressed_begin: int = 0
    decompressed_end: int = TO_THE_END

    @property
    def is_partial(self) -> bool:
        """Whether other splits decompress the same bytes of the file."""
        return self.decompressed_begin > 0 or self.decompressed_end < TO_THE_END


class DataFile(NamedTuple):
    """A file of a data set."""

    name: str
    location: bytes
    kind: str
    entry: Entry

    def split(self, begin: int, end: int, decompressed: Range = (0, TO_THE_END)) -> Split:
        """A split of the file."""
        size, stamp = self.entry.size, str(self.entry.stamp)
        return Split(self.name, size, stamp, self.location, self.kind, begin, end, *decompressed)


def find_data_files(
    paths: Sequence[Location], kinds: Mapping[str, str], exclude: Location | None = None
) -> Iterator[DataFile]:
    """Find the files of a data set, in the order of the paths and bytewise within a folder.

    Args:
        paths: files, and folders; other files in the folders are ignored.
        kinds: the kind of file for each suffix to look for.
        exclude: a folder that is not searched.

    Raises:
        UsageError: a path is missing, is a file of another kind, or contains no such file.
    """
    excluded = absolute_location(exclude) if exclude else None
    for path in paths:
        try:
            status = file_status(path)
        except OSError as error:
            raise UsageError(
                f"the input {path}: {error.strerror}; list files that exist"
            ) from error
        name = os.path.basename(os.fsencode(path)) or b"/"  # noqa: PTH119 - a raw path
        found = 0
        location = status.location
        if status.is_folder:
            for entry in walk(location, excluded):
                kind = _kind(entry.path, kinds)
                if kind is not None:
                    found += 1
                    whole = join(location, entry.path)
                    yield DataFile(decode_name(join(name, entry.path)), whole, kind, entry)
        elif (kind := _kind(name, kinds)) is not None and status.is_file:
            found = 1
            entry = Entry(name, status.size, status.stamp)
            yield DataFile(decode_name(name), location, kind, entry)
        if not found:
            raise UsageError(
                f"no supported files found in the input {path}; expected {', '.join(kinds)}"
            )


def _kind(name: bytes, kinds: Mapping[str, str]) -> str | None:
    lower = name.lower()
    return next((kind for end, kind in kinds.items() if lower.endswith(end.encode())), None)


def splits_to_inputs(splits: Iterable[tuple[Split, int]]) -> tuple[pa.Table, Weights]:
    """A table of SCHEMA with a row for each split, and their weights as int64[n].

    Args:
        splits: n splits, each with its weight in bytes.
    """
    pairs = list(splits)
    columns: dict[str, list[Any]] = {
        field.name: [getattr(split, field.name) for split, _ in pairs] for field in SCHEMA
    }
    table = pa.Table.from_pydict(columns, schema=SCHEMA)
    return table, np.array([weight for _, weight in pairs], np.int64)


def splits_from_inputs(inputs: pa.Table) -> list[Split]:
    """The splits that a part's table describes."""
    names = [field.name for field in fields(Split)]
    return [Split(**{name: row[name] for name in names}) for row in inputs.to_pylist()]
