"""The inputs of the source `folder`: a row for each file, and for each split of an archive."""

from dataclasses import asdict, dataclass, fields
from itertools import islice
from typing import Any, Final

import numpy as np
import pyarrow as pa

from codecorpus.pipelines.sources.archives.archive import Archive, constant_column
from codecorpus.pipelines.sources.archives.splits import split_archive
from codecorpus.pipelines.sources.base import INPUTS, IO
from codecorpus.pipelines.sources.folder.repositories import Repository
from codecorpus.pipelines.sources.io.filenames import decode_name
from codecorpus.pipelines.sources.io.walk import Entry, join
from codecorpus.pipelines.sources.partition import Weights, weigh

FILE: Final = "file"
"""The kind of an input that is not an archive, or that could not be listed."""

SCHEMA: Final = pa.schema(
    [
        *INPUTS,
        pa.field("kind", pa.string()),  # FILE, tar, zip
        pa.field("location", pa.binary()),  # absolute raw path, or URL
        pa.field("repository", pa.string()),
        pa.field("path", pa.string()),  # of an archive: its file name
        pa.field("repository_bytes", pa.int64()),
        pa.field("stars", pa.int32()),
        pa.field("license", pa.string()),
        pa.field("commit", pa.string()),
        pa.field("fetched", pa.string()),  # day, UTC
        pa.field("error", pa.string()),
        pa.field("detail", pa.string()),
        # of archives, as in archives.archive.Archive
        pa.field("split", pa.int32()),
        pa.field("splits", pa.int32()),
        pa.field("first", pa.int64()),
        pa.field("count", pa.int64()),
    ]
)

_FILES_PER_TABLE: Final = 1 << 16


@dataclass(frozen=True)
class RepositoryFacts:
    """Facts about a repository that its files do not contain; None: unknown.

    Attributes:
        stars: on GitHub.
        license: an SPDX identifier, or any other name.
        commit: the commit of the files.
        fetched: the day on which the files were fetched, in UTC.
    """

    stars: int | None = None
    license: str | None = None
    commit: str | None = None
    fetched: str | None = None


def file_inputs(repository: Repository, facts: RepositoryFacts) -> tuple[pa.Table, Weights]:
    """A table of SCHEMA with a row for each file of a folder, and the files' weights."""
    entries = repository.entries()
    tables, weights = [SCHEMA.empty_table()], [np.empty(0, np.int64)]
    while listed := list(islice(entries, _FILES_PER_TABLE)):
        table = _file_table(repository, facts, listed)
        tables.append(table)
        weights.append(weigh(table.column("path"), table.column("size").to_numpy()))
    table = pa.concat_tables(tables)
    total = sum(table.column("size").to_numpy().tolist())
    return with_repository_bytes(table, total), np.concatenate(weights)


def with_repository_bytes(inputs: pa.Table, size: int) -> pa.Table:
    """The inputs of one repository, with its size in bytes."""
    at = SCHEMA.get_field_index("repository_bytes")
    return inputs.set_column(at, SCHEMA.field(at), constant_column(size, pa.int64(), len(inputs)))


def _file_table(repository: Repository, facts: RepositoryFacts, listed: list[Entry]) -> pa.Table:
    paths = [decode_name(entry.path) for entry in listed]
    return _table(
        repository,
        facts,
        len(listed),
        name=[f"{repository.name}/{path}" for path in paths],
        size=[entry.size for entry in listed],
        stamp=[str(entry.stamp) for entry in listed],
        kind=[FILE] * len(listed),
        location=[join(repository.location, entry.path) for entry in listed],
        path=paths,
        error=[None if entry.error is None else IO for entry in listed],
        detail=[entry.error for entry in listed],
    )


def archive_inputs(
    repository: Repository,
    facts: RepositoryFacts,
    part_bytes: int,
    max_repository_bytes: int | None,
) -> tuple[pa.Table, Weights]:
    """A table of SCHEMA with a row for each split of an archive, and the splits' weights."""
    assert repository.archive is not None
    assert repository.entry is not None
    entry, path = repository.entry, decode_name(repository.entry.path)
    splits, repository_bytes = split_archive(
        repository.location, entry, repository.archive, part_bytes, max_repository_bytes
    )
    count = len(splits)
    table = _table(
        repository,
        facts,
        count,
        name=[f"{repository.name}/{path}"] * count,
        size=[entry.size] * count,
        stamp=[str(entry.stamp)] * count,
        kind=[repository.archive] * count,
        location=[repository.location] * count,
        path=[path] * count,
        repository_bytes=[repository_bytes] * count,
        split=list(range(count)),
        splits=[count] * count,
        first=[split.first for split in splits],
        count=[split.count for split in splits],
    )
    return table, np.array([split.weight for split in splits], np.int64)


def archive_from_inputs(inputs: pa.Table, row: int) -> Archive:
    """The archive, or split of one, that a row describes."""
    (values,) = inputs.slice(row, 1).to_pylist()
    return Archive(**{field.name: values[field.name] for field in fields(Archive)})


def _table(
    repository: Repository, facts: RepositoryFacts, rows: int, **columns: list[Any]
) -> pa.Table:
    """A table of SCHEMA; other columns than the given ones are facts of the repository, or null."""
    constants = {"repository": repository.name, **asdict(facts)}
    arrays = [
        pa.array(columns[field.name], field.type)
        if field.name in columns
        else constant_column(constants.get(field.name), field.type, rows)
        for field in SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
