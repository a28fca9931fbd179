"""Made-up files, and builds whose curation has kept them."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.pipelines.corpus import tables
from codecorpus.pipelines.corpus.schemas import kept_files
from codecorpus.pipelines.stages.artifacts import CURATE
from codecorpus.pipelines.stages.base import Stage, list_tasks, perform, require_done
from codecorpus.pipelines.stages.context import Build
from tests.pipelines.stages.planned import plan_build

SIZE = 16
BANDS = choose_bands(0.85, SIZE).bands


@dataclass(frozen=True)
class File:
    """What curation knows about a file."""

    content: int = 0
    source: int = 0
    stars: int | None = None
    license: str | None = None
    size: int = 1000
    repository: str | None = "repository"
    path: str | None = "path"
    sketch: bytes = bytes(SIZE)
    comparable: bool = True
    keys: tuple[int, ...] = tuple(range(BANDS))

    @property
    def content_id(self) -> bytes:
        return hashlib.sha1(b"%d" % self.content).digest()


def write_part(build: Build, index: int, files: list[File]) -> None:
    columns = {
        "content_id": [file.content_id for file in files],
        "row": [7 * row for row in range(len(files))],
        "sketch": [file.sketch for file in files],
    }
    schema = kept_files(SIZE, BANDS)
    for name in ("size", "stars", "license", "repository", "path", "comparable"):
        columns[name] = [getattr(file, name) for file in files]
    for band in range(BANDS):
        columns[f"band_{band:02d}"] = [file.keys[band] for file in files]
    batch = pa.record_batch([pa.array(columns[f.name], f.type) for f in schema], schema)
    digests: dict[str, Any] = {}
    name = CURATE.kept_files(index)
    with tables.arrow_writer(build.folder, name, schema, digests) as writer:
        for begin in range(0, len(files), 3):  # several batches a part
            writer.write_batch(batch.slice(begin, 3))
    build.write_marker(CURATE, index, {"documents": len(files)}, digests)


def curated(out: Path, parts: list[list[File]], **deduplicate: Any) -> Build:
    """A build whose curation is done; all files of a part have one source."""
    near = {"permutations": SIZE, "exact_margin": 0.0}
    sources = [part[0].source if part else 0 for part in parts]
    build = plan_build(out, sources, deduplicate={"near": near} | deduplicate)
    for index, files in enumerate(parts):
        write_part(build, index, files)
    return build


def perform_stages(build: Build, *stages: Stage) -> None:
    """Perform all tasks of the stages, in order."""
    for stage in stages:
        require_done([perform(task) for task in list_tasks(str(build.folder.root), stage)])
