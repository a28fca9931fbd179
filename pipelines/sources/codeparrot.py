"""The source `codeparrot`: `codeparrot/github-code`, its raw files, and `codeparrot-clean`.

It reads Parquet or JSON lines with the text in `code` or `content`, and optionally `repo_name`,
`path`, `language` and `license`. Other columns, such as line lengths, are not read: the build
measures them itself.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from codecorpus.pipelines.sources.base import Source
from codecorpus.pipelines.sources.dataset import DatasetSource
from codecorpus.pipelines.sources.dataset_files import JSON_LINES, PARQUET, FieldSpec
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
    ["code", "content"],
    {"repository": "repo_name", "path": "path", "language": "language", "license": "license"},
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
        self, paths: Sequence[Location], *, base: Path | None, exclude: Location | None
    ) -> Source:
        """The source that reads these paths; see `SourceSettings.source`."""
        del base
        return CodeparrotSource(paths, exclude=exclude)


class CodeparrotSource(DatasetSource):
    """Files of CodeParrot's sets, Parquet or JSON lines; arguments as of `DatasetSource`."""

    def __init__(self, paths: Sequence[Location], *, exclude: Location | None = None) -> None:
        super().__init__(paths, PARQUET | JSON_LINES, _FIELDS, exclude)
