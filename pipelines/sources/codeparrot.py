"""The source `codeparrot`: `codeparrot/github-code`, its raw files, and `codeparrot-clean`.

Parquet or JSON lines with `repo_name`, `path`, the text as `code` or `content`, and perhaps
`language` and `license`; no other column is read. The numbers beside them, which are strings in
some of the sets, are measured anew.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

import pyarrow as pa

from codecorpus.pipelines.sources.base import Limits, NeedsContent
from codecorpus.pipelines.sources.dataset_files import (
    LINES,
    PARQUET,
    DataFile,
    Split,
    find_files,
    splits_of,
    to_inputs,
)
from codecorpus.pipelines.sources.jsonl.parser import FieldSpec
from codecorpus.pipelines.sources.jsonl.reader import read_jsonl
from codecorpus.pipelines.sources.jsonl.splits import split_lines
from codecorpus.pipelines.sources.map_inputs import each
from codecorpus.pipelines.sources.parquet import read_parquet, split_parquet
from codecorpus.pipelines.sources.partition import Cutter
from codecorpus.pipelines.storage.locations import Place

TEXTS = ("code", "content")
"""What the column of texts may be called."""

FACTS = {"repository": "repo_name", "path": "path", "language": "language", "license": "license"}
"""Columns of records, and what they are called in the sets."""


_FIELDS = FieldSpec(TEXTS, FACTS)


class CodeparrotSource:
    """Files of CodeParrot's sets.

    Args:
        paths: files of Parquet or JSON lines, and folders that hold such.
        without: a folder that is not looked into, such as the one that is written to.
    """

    def __init__(self, paths: Sequence[Place], *, without: Place | None = None) -> None:
        self.passed_over: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._without = without

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Cut the files into parts: Parquet at row groups, lines as `split_lines` does.

        Raises:
            UsageError: a path is missing or nothing that is read, or a Parquet file lacks columns.
        """
        cutter = Cutter(part_bytes)
        files = find_files(self._paths, PARQUET | LINES, self._without)
        for splits in each(lambda file: list(_cut(file, part_bytes)), files, self._paths):
            yield from cutter.add(*to_inputs(splits))
        yield from cutter.rest()

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """The records of one part; each file's before the next one's."""
        row = 0
        for split in splits_of(inputs):
            for batch in _read(split, needs_content, limits, row):
                row += batch.num_rows
                yield batch


def _cut(file: DataFile, part_bytes: int) -> Iterator[tuple[Split, int]]:
    if file.kind in PARQUET.values():
        return split_parquet(file, part_bytes, TEXTS, FACTS)
    return split_lines(file, part_bytes)


def _read(
    split: Split, needs_content: NeedsContent, limits: Limits, row: int
) -> Iterator[pa.RecordBatch]:
    if split.kind in PARQUET.values():
        return read_parquet(split, TEXTS, FACTS, needs_content, limits, row)
    return read_jsonl(split, _FIELDS, needs_content, limits, row)
