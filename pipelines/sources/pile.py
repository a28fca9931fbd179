"""The source `pile`: the GitHub part of The Pile (Gao et al., arXiv 2101.00027), as JSON lines.

It reads two formats. Lines of the released mixture have `text` and `meta.pile_set_name`; lines of
sets other than `Github` are not records, and are counted by set. Lines of EleutherAI's GitHub
downloader have `text` and a `meta` with `repo_name` and `stars`. Their `file_name` and
`repo_language` are not used, because the downloader writes those of the repository's last file, and
of the repository as a whole, for every file: `path` and `language` are null.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from codecorpus.pipelines.sources.base import Source
from codecorpus.pipelines.sources.dataset import DatasetSource
from codecorpus.pipelines.sources.dataset_files import JSON_LINES, FieldSpec, Members
from codecorpus.pipelines.sources.jsonl.parser import as_name
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
        self, paths: Sequence[Location], *, base: Path | None, exclude: Location | None
    ) -> Source:
        """The source that reads these paths; see `SourceSettings.source`."""
        del base
        return PileSource(paths, exclude=exclude)


class PileSource(DatasetSource):
    """Files of The Pile, JSON lines; arguments as of `DatasetSource`."""

    def __init__(self, paths: Sequence[Location], *, exclude: Location | None = None) -> None:
        columns = {"repository": "repo_name", "stars": "stars"}
        spec = FieldSpec(["text"], columns, "meta", self._is_github)
        super().__init__(paths, JSON_LINES, spec, exclude)

    def _is_github(self, members: Members) -> bool:
        """Whether a line belongs to the GitHub part or names no set; counts the other lines."""
        meta = members.get("meta")
        name = as_name(meta.get("pile_set_name"), "strict") if isinstance(meta, dict) else None
        if name is None or name == _SET:
            return True
        is_counted = name in self.ignored or len(self.ignored) < _MAX_SETS
        self.ignored[name if is_counted else OTHER] += 1
        return False
