"""The source `codeparrot`: `codeparrot/github-code`, its raw files, and `codeparrot-clean`.

Parquet or JSON lines with `repo_name`, `path`, the text as `code` or `content`, and perhaps
`language` and `license`; no other column is read. The numbers beside them, which are strings in
some of the sets, are measured anew.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from codecorpus.pipelines.sources.base import Limits, NeedsContent, Source
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
from codecorpus.pipelines.sources.settings import (
    Name,
    PathText,
    SourceSettings,
    name_field,
    paths_field,
    type_field,
)
from codecorpus.pipelines.storage.locations import Location

TEXTS = ("code", "content")
"""What the column of texts may be called."""

FACTS = {"repository": "repo_name", "path": "path", "language": "language", "license": "license"}
"""Columns of records, and what they are called in the sets."""


_FIELDS = FieldSpec(TEXTS, FACTS)


class CodeparrotSettings(SourceSettings):
    """CodeParrot's sets: `github-code`, its raw files, and `codeparrot-clean`."""

    type: Literal["codeparrot"] = type_field("codeparrot")
    name: Name = name_field("codeparrot", "github-code")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = paths_field(
        "Files of Parquet (.parquet) or JSON lines (.json.gz, .jsonl.zst and the like), and "
        "folders that hold such files.",
        ["github-code/data", "codeparrot-clean/*.json.gz"],
    )

    def source(
        self,
        paths: Sequence[Location],
        *,
        base: Path | None = None,
        exclude: Location | None = None,
    ) -> Source:
        """The source that reads these paths; see `SourceSettings.source`."""
        del base
        return CodeparrotSource(paths, exclude=exclude)


class CodeparrotSource:
    """Files of CodeParrot's sets.

    Args:
        paths: files of Parquet or JSON lines, and folders that hold such.
        exclude: a folder that is not looked into, such as the one that is written to.
    """

    def __init__(self, paths: Sequence[Location], *, exclude: Location | None = None) -> None:
        self.passed_over: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._exclude = exclude

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Cut the files into parts: Parquet at row groups, lines as `split_lines` does.

        Raises:
            UsageError: a path is missing or nothing that is read, or a Parquet file lacks columns.
        """
        cutter = Cutter(part_bytes)
        files = find_files(self._paths, PARQUET | LINES, self._exclude)
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
