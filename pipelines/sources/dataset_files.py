"""Files that hold many records each: which there are, and the inputs of parts made of them."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import INPUTS
from codecorpus.pipelines.sources.io.file_stat import locate, look
from codecorpus.pipelines.sources.io.filenames import spell
from codecorpus.pipelines.sources.io.walk import Entry, join, walk
from codecorpus.pipelines.sources.partition import Weights
from codecorpus.pipelines.storage.locations import Location

LINES: Final = {
    f"{stem}{suffix}": codec
    for stem in (".jsonl", ".json", ".ndjson")
    for suffix, codec in (("", "plain"), (".gz", "gzip"), (".zst", "zstd"))
}
"""Suffixes of files of JSON lines, and how they are compressed."""

TO_THE_END: Final = 1 << 62
"""The last inflated byte of what is not cut behind."""

PARQUET: Final = {".parquet": "parquet"}

SCHEMA: Final = pa.schema(
    [
        *INPUTS,
        pa.field("location", pa.binary()),  # absolute raw path, or URL
        pa.field("kind", pa.string()),  # plain, gzip, zstd, parquet
        pa.field("begin", pa.int64()),  # byte, or row group
        pa.field("end", pa.int64()),
        pa.field("first", pa.int64()),
        pa.field("last", pa.int64()),
    ]
)


@dataclass(frozen=True)
class Split:
    """What of a file is read in one go.

    Attributes:
        name: of the file, for messages and for the row that tells of its damage.
        size: bytes of the whole file.
        stamp: when the file last changed, or what its store says instead.
        location: absolute raw path, or URL.
        kind: a value of LINES or PARQUET.
        begin, end: bytes of the file, or row groups.
        first, last: of a stripe, the inflated bytes that its lines begin in, about.
    """

    name: str
    size: int
    stamp: str
    location: bytes
    kind: str
    begin: int
    end: int
    first: int = 0
    last: int = TO_THE_END

    @property
    def is_partial(self) -> bool:
        """Whether other splits read the same bytes of the file."""
        return self.first > 0 or self.last < TO_THE_END


class DataFile(NamedTuple):
    """A file that a source reads."""

    name: str
    location: bytes
    kind: str
    entry: Entry

    def split(self, begin: int, end: int, first: int = 0, last: int = TO_THE_END) -> Split:
        """What of it is read in one go."""
        size, stamp = self.entry.size, str(self.entry.stamp)
        return Split(self.name, size, stamp, self.location, self.kind, begin, end, first, last)


def find_files(
    paths: Sequence[Location], kinds: dict[str, str], exclude: Location | None = None
) -> Iterator[DataFile]:
    """The files that the listed paths name or hold, in their order and bytewise within a folder.

    Args:
        paths: files, and folders whose other files are passed over.
        kinds: what to look for: suffixes, and the kind of the files that have them.
        exclude: a folder that is not looked into.

    Raises:
        UsageError: a path is missing, is a file of another kind, or holds none of these.
    """
    avoided = locate(exclude) if exclude else None
    for path in paths:
        try:
            found_there = look(path)
        except OSError as error:
            raise UsageError(
                f"the input {path}: {error.strerror}; list files that exist"
            ) from error
        name = os.path.basename(os.fsencode(path)) or b"/"  # noqa: PTH119 - a raw path
        found = 0
        location = found_there.location
        if found_there.is_folder:
            for entry in walk(location, avoided):
                kind = _kind(entry.path, kinds)
                if kind is not None:
                    found += 1
                    whole = join(location, entry.path)
                    yield DataFile(spell(join(name, entry.path)), whole, kind, entry)
        elif (kind := _kind(name, kinds)) is not None and found_there.is_file:
            found = 1
            entry = Entry(name, found_there.size, found_there.stamp)
            yield DataFile(spell(name), location, kind, entry)
        if not found:
            raise UsageError(
                f"the input {path} is no file that this source reads, and holds none; expected "
                f"{', '.join(kinds)}"
            )


def _kind(name: bytes, kinds: dict[str, str]) -> str | None:
    lower = name.lower()
    return next((kind for end, kind in kinds.items() if lower.endswith(end.encode())), None)


def to_inputs(splits: Sequence[tuple[Split, int]]) -> tuple[pa.Table, Weights]:
    """Splits and their weights as inputs of parts."""
    columns: dict[str, list[Any]] = {
        field.name: [getattr(split, field.name) for split, _ in splits] for field in SCHEMA
    }
    table = pa.Table.from_pydict(columns, schema=SCHEMA)
    return table, np.array([weight for _, weight in splits], np.int64)


def splits_of(inputs: pa.Table) -> list[Split]:
    """The splits of a part."""
    names = [field.name for field in fields(Split)]
    return [Split(**{name: row[name] for name in names}) for row in inputs.to_pylist()]
