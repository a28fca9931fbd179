"""The source `codeparrot`: `codeparrot/github-code`, its raw files, and `codeparrot-clean`.

It reads Parquet or JSON lines with the text in `code` or `content`, and optionally `repo_name`,
`path`, `language` and `license`. Other columns, such as line lengths, are not read: the build
measures them itself.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import Field

from codecorpus.pipelines.sources.base import Limits, NeedsContent, Source
from codecorpus.pipelines.sources.dataset_files import (
    JSON_LINES,
    PARQUET,
    DataFile,
    FieldSpec,
    Split,
    find_data_files,
    splits_from_inputs,
    splits_to_inputs,
)
from codecorpus.pipelines.sources.jsonl.reader import read_jsonl
from codecorpus.pipelines.sources.jsonl.splits import split_lines
from codecorpus.pipelines.sources.parquet import read_parquet, split_parquet
from codecorpus.pipelines.sources.partition import partition_inputs
from codecorpus.pipelines.sources.settings import (
    Name,
    PathText,
    SourceSettings,
    name_field,
    paths_field,
    type_field,
)
from codecorpus.pipelines.storage.locations import Location

_FIELDS = FieldSpec(
    texts=("code", "content"),
    columns={
        "repository": "repo_name",
        "path": "path",
        "language": "language",
        "license": "license",
    },
)


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
        paths: Parquet and JSON-lines files, and folders that contain them.
        exclude: a folder that is not searched, such as the output folder.
    """

    def __init__(self, paths: Sequence[Location], *, exclude: Location | None = None) -> None:
        self.ignored: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._exclude = exclude

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Divide the files into parts: Parquet at row groups, JSON lines as `split_lines` does.

        Raises:
            UsageError: a path is missing, no supported files are found in it, or a Parquet file
                lacks columns.
        """
        files = find_data_files(self._paths, PARQUET | JSON_LINES, self._exclude)
        yield from partition_inputs(
            lambda file: splits_to_inputs(_split(file, part_bytes)), files, self._paths, part_bytes
        )

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """Read the records of one part, file by file."""
        row = 0
        for split in splits_from_inputs(inputs):
            for batch in _read(split, needs_content, limits, row):
                row += batch.num_rows
                yield batch


def _split(file: DataFile, part_bytes: int) -> Iterator[tuple[Split, int]]:
    if file.kind in PARQUET.values():
        return split_parquet(file, part_bytes, _FIELDS)
    return split_lines(file, part_bytes)


def _read(
    split: Split, needs_content: NeedsContent, limits: Limits, row: int
) -> Iterator[pa.RecordBatch]:
    if split.kind in PARQUET.values():
        return read_parquet(split, _FIELDS, needs_content, limits, row)
    return read_jsonl(split, _FIELDS, needs_content, limits, row)
