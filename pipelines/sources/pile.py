"""The source `pile`: the GitHub part of The Pile (Gao et al., arXiv 2101.00027), as JSON lines.

It reads two formats. Lines of the released mixture have `text` and `meta.pile_set_name`; lines of
sets other than `Github` are not records, and are counted by set. Lines of EleutherAI's GitHub
downloader have `text` and a `meta` with `repo_name` and `stars`. Their `file_name` and
`repo_language` are not used, because the downloader writes those of the repository's last file, and
of the repository as a whole, for every file: `path` and `language` are null.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
from pydantic import Field

from codecorpus.pipelines.sources.base import Limits, NeedsContent, Source
from codecorpus.pipelines.sources.dataset_files import (
    JSON_LINES,
    FieldSpec,
    Members,
    find_data_files,
    splits_from_inputs,
    splits_to_inputs,
)
from codecorpus.pipelines.sources.jsonl.parser import as_name
from codecorpus.pipelines.sources.jsonl.reader import read_jsonl
from codecorpus.pipelines.sources.jsonl.splits import split_lines
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

_SET: Final = "Github"
_MAX_SETS: Final = 100  # counted by name; The Pile has 22
OTHER: Final = "(others)"
"""The name under which the lines of further sets are counted."""


class PileSettings(SourceSettings):
    """The GitHub part of The Pile (arXiv 2101.00027), as released or as its downloader writes it.

    The released files name neither repository nor path; the downloader's name the repository and
    its stars. Languages come from the content. Lines of The Pile's other sets are ignored.
    """

    type: Literal["pile"] = type_field("pile")
    name: Name = name_field("pile", "the-pile")
    paths: Annotated[tuple[PathText, ...], Field(min_length=1)] = paths_field(
        "Files of JSON lines (.jsonl.zst, .jsonl.gz, .jsonl), and folders that hold such files.",
        ["pile/train/*.jsonl.zst"],
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
        return PileSource(paths, exclude=exclude)


class PileSource:
    """Files of The Pile.

    Args:
        paths: JSON-lines files, and folders that contain them.
        exclude: a folder that is not searched, such as the output folder.
    """

    def __init__(self, paths: Sequence[Location], *, exclude: Location | None = None) -> None:
        self.ignored: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._exclude = exclude
        columns = {"repository": "repo_name", "stars": "stars"}
        self._fields = FieldSpec(["text"], columns, "meta", self._is_github)

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Divide the files into parts.

        Raises:
            UsageError: a path is missing, or no JSON-lines files are found in it.
        """
        files = find_data_files(self._paths, JSON_LINES, self._exclude)
        yield from partition_inputs(
            lambda file: splits_to_inputs(split_lines(file, part_bytes)),
            files,
            self._paths,
            part_bytes,
        )

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """Read the records of one part, file by file."""
        row = 0
        for split in splits_from_inputs(inputs):
            for batch in read_jsonl(split, self._fields, needs_content, limits, row):
                row += batch.num_rows
                yield batch

    def _is_github(self, members: Members) -> bool:
        """Whether a line belongs to the GitHub part or names no set; counts the other lines."""
        meta = members.get("meta")
        name = as_name(meta.get("pile_set_name"), "strict") if isinstance(meta, dict) else None
        if name is None or name == _SET:
            return True
        is_counted = name in self.ignored or len(self.ignored) < _MAX_SETS
        self.ignored[name if is_counted else OTHER] += 1
        return False
