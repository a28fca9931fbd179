"""What every task of a build can access: the folder, recipe, plan and vocabulary.

Everything is read from the output folder, so a task carries only the folder's name and works the
same on another machine.
"""

import contextlib
import functools
import json
import resource
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from codecorpus.foundation.errors import RetryableError, StorageError
from codecorpus.pipelines.corpus.layout import LOG, PLAN, RECIPE, TIMINGS, TOKENIZER, part_file
from codecorpus.pipelines.recipe.loader import load_resolved
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.stages.artifacts import WORK, AnyArtifacts, Artifacts, SummaryT
from codecorpus.pipelines.stages.plan import Plan
from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import parse_location
from codecorpus.pipelines.storage.transfer_stats import TransferStats
from codecorpus.tokenization.compiled_vocabulary import read_compiled_vocabulary
from codecorpus.tokenization.encoder import Encoder
from codecorpus.tokenization.vocabulary import Vocabulary

T = TypeVar("T")


@dataclass(frozen=True)
class Build:
    """A planned build, read from its output folder."""

    folder: Folder
    recipe: Recipe
    plan: Plan

    @staticmethod
    def load(out: str) -> "Build":
        """Open a planned build; the same object is returned until its plan changes.

        Raises:
            StorageError: the folder has no plan.
        """
        folder = open_folder(parse_location(out))
        try:
            stamp = folder.stamp(PLAN)
        except OSError as error:
            raise StorageError(
                f"{folder.where(PLAN)}: {error.strerror}; no build was planned here"
            ) from error
        return _load(out, stamp)

    @staticmethod
    def describe(folder: Folder, recipe: Recipe, plan: Plan, vocabulary: Vocabulary) -> None:
        """Write what `load` reads; the plan last, because it marks the build as started."""
        folder.write_bytes(RECIPE, recipe.to_yaml().encode(), {})
        folder.write_bytes(TOKENIZER, vocabulary.tokenizer_json(), {})
        plan.write(folder)

    @functools.cached_property
    def encoder(self) -> Encoder:
        """The encoder of the build's tokenizer.json.

        One per process, so that its table of words is reused for every part.
        """
        return Encoder(read_compiled_vocabulary(self.folder.path(TOKENIZER)))

    @functools.cached_property
    def _cache(self) -> dict[str, Any]:
        return {}

    def cached(self, name: str, make: Callable[[], T]) -> T:
        """The result of `make`, which is called once per process and name."""
        if name not in self._cache:
            self._cache[name] = make()
        found: T = self._cache[name]
        return found

    def part_file(self, folder: str, index: int) -> str:
        """The name of a part's file in a folder: `ledger/part-00003-of-00012.parquet`."""
        return part_file(folder, index, len(self.plan.parts))

    def marker(self, stage: AnyArtifacts, index: int) -> dict[str, Any] | None:
        """A task's summary and its files' digests, or None if the task is not done."""
        return self.folder.read_marker(stage.marker(index))

    def summary(self, stage: Artifacts[SummaryT], index: int) -> SummaryT:
        """The summary of a task that is done.

        Raises:
            StorageError: the task is not done, or its files are damaged.
        """
        return cast("SummaryT", self._require_marker(stage, index))

    def files(self, stage: AnyArtifacts, index: int) -> dict[str, FileDigest]:
        """The files that a task wrote, with their digests.

        Raises:
            StorageError: the task is not done, or its files are damaged.
        """
        files = self._require_marker(stage, index)["files"]
        return {name: FileDigest(*digest) for name, digest in files.items()}

    def _require_marker(self, stage: AnyArtifacts, index: int) -> dict[str, Any]:
        marker = self.marker(stage, index)
        if marker is None:
            name = self.folder.where(stage.marker(index))
            raise StorageError(
                self.find_damage()
                or f"{name}: missing or damaged; run the same command again to restore it"
            )
        return marker

    def write_marker(
        self,
        stage: AnyArtifacts,
        index: int,
        summary: Mapping[str, object],
        digests: dict[str, FileDigest],
    ) -> None:
        """Mark a task as done, after its files are written."""
        self.folder.write_marker(stage.marker(index), dict(summary), digests)

    def log_timing(
        self,
        stage: str,
        index: int,
        *,
        seconds: float,
        processor_seconds: float,
        traffic: TransferStats,
    ) -> None:
        """Append the time and memory of a task to `log/timings.jsonl`."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        line = {
            "stage": stage,
            "index": index,
            "seconds": round(seconds, 4),
            "processor_seconds": round(processor_seconds, 4),
            "peak_memory": peak * (1 if sys.platform == "darwin" else 1024),
            **(traffic._asdict() if traffic.fetched else {}),
        }
        self.folder.append_line(TIMINGS, json.dumps(line))

    def record_failure(self, part: int, stage: str, error: str) -> None:
        """Record that a part failed and would fail again; does nothing if the disk is full."""
        here = f"{self.folder.root}/"
        with contextlib.suppress(StorageError):
            self.folder.write_json(
                f"{FAILED}/{part:05d}.json", {"stage": stage, "error": error.replace(here, "")}
            )

    def find_damage(self) -> str | None:
        """Describe a missing or truncated file of a finished task, or return None.

        Explains errors of readers, which only say that a file cannot be read. Searches once per
        process.
        """

        def find() -> str | None:
            with contextlib.suppress(RetryableError):  # must not hide the error to be explained
                return next(self.folder.find_damage(WORK), None)
            return None

        return self.cached("damage", find)

    def write_trace(self, relative: str, text: str) -> None:
        """Write details of an error for people to read; does nothing if the disk is full."""
        with contextlib.suppress(StorageError):
            self.folder.write_bytes(relative, text.encode("utf-8", "backslashreplace"), {})


FAILED = f"{LOG}/failed"
"""Holds a file for each part that failed permanently in this run."""


@functools.lru_cache(maxsize=1)  # when the plan changes, the old build is released
def _load(out: str, _stamp: str) -> Build:
    folder = open_folder(parse_location(out))
    recipe = load_resolved(folder.path(RECIPE))
    return Build(folder, recipe, Plan.read(folder))
