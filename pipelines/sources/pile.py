"""The source `pile`: the GitHub part of The Pile (Gao et al., arXiv 2101.00027), in JSON lines.

Two shapes are read. The released mixture has `text` and `meta.pile_set_name`; lines of sets other
than `Github` are no records, and are counted by their set. EleutherAI's GitHub downloader has
`text` and a `meta` with `repo_name` and `stars`; its `file_name` is that of the repository's last
file, for every one of its files, and its `repo_language` the repository's, so neither says anything
of a file: `path` and `language` are null.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
from pydantic import Field

from codecorpus.pipelines.sources.base import Limits, NeedsContent, Source
from codecorpus.pipelines.sources.dataset_files import LINES, find_files, splits_of, to_inputs
from codecorpus.pipelines.sources.jsonl.parser import FieldSpec, Members, as_name
from codecorpus.pipelines.sources.jsonl.reader import read_jsonl
from codecorpus.pipelines.sources.jsonl.splits import split_lines
from codecorpus.pipelines.sources.map_inputs import each
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

_SET: Final = "Github"
_SETS: Final = 100  # names that are told apart; The Pile has 22
OTHER: Final = "(others)"
"""Stands for the sets beyond."""


class PileSettings(SourceSettings):
    """The GitHub part of The Pile (arXiv 2101.00027), as released or as its downloader writes it.

    The released files name no repository and no path, the downloader's name a repository and its
    stars; the language comes from the content. Lines of The Pile's other sets are passed over.
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
        paths: files of JSON lines, and folders that hold such.
        exclude: a folder that is not looked into, such as the one that is written to.
    """

    def __init__(self, paths: Sequence[Location], *, exclude: Location | None = None) -> None:
        self.passed_over: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._exclude = exclude
        columns = {"repository": "repo_name", "stars": "stars"}
        self._fields = FieldSpec(["text"], columns, "meta", self._is_github)

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Cut the files into parts.

        Raises:
            UsageError: a path is missing, or neither a file of JSON lines nor a folder of such.
        """
        cutter = Cutter(part_bytes)
        files = find_files(self._paths, LINES, self._exclude)
        for splits in each(lambda file: list(split_lines(file, part_bytes)), files, self._paths):
            yield from cutter.add(*to_inputs(splits))
        yield from cutter.rest()

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """The records of one part; each file's before the next one's."""
        row = 0
        for split in splits_of(inputs):
            for batch in read_jsonl(split, self._fields, needs_content, limits, row):
                row += batch.num_rows
                yield batch

    def _is_github(self, members: Members) -> bool:
        """Whether a line belongs to the GitHub part, or names no set; others are counted."""
        meta = members.get("meta")
        name = as_name(meta.get("pile_set_name"), "strict") if isinstance(meta, dict) else None
        if name is None or name == _SET:
            return True
        is_counted = name in self.passed_over or len(self.passed_over) < _SETS
        self.passed_over[name if is_counted else OTHER] += 1
        return False
