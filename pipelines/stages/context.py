"""What every task of a build can look up: the folder, the recipe, the plan, the vocabulary.

All of it is read from the output folder, so a task carries only the folder's name, and a worker on
another machine sees the same.
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
from codecorpus.pipelines.corpus.layout import LOG, PLAN, RECIPE, TOKENIZER, part_file
from codecorpus.pipelines.recipe.loader import load_resolved
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.stages.artifacts import WORK, AnyArtifacts, Artifacts, S
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
    """One build, as its folder describes it."""

    folder: Folder
    recipe: Recipe
    plan: Plan

    @staticmethod
    def load(out: str) -> "Build":
        """Read a planned build's description, once a process.

        Raises:
            StorageError: no build was planned there.
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
        """Write what `load` reads; the plan last, since a build is begun when it stands."""
        folder.write_bytes(RECIPE, recipe.to_yaml().encode(), {})
        folder.write_bytes(TOKENIZER, vocabulary.tokenizer_json(), {})
        plan.write(folder)

    @functools.cached_property
    def encoder(self) -> Encoder:
        """One encoder a process, with the shards' own tokenizer.json.

        Its table of words serves part after part.
        """
        return Encoder(read_compiled_vocabulary(self.folder.path(TOKENIZER)))

    @functools.cached_property
    def _memory(self) -> dict[str, Any]:
        return {}

    def remember(self, name: str, make: Callable[[], T]) -> T:
        """What `make` gives, made once a process: for what every task of a stage must know."""
        if name not in self._memory:
            self._memory[name] = make()
        found: T = self._memory[name]
        return found

    def part_file(self, folder: str, index: int) -> str:
        """The name of a part's file in a folder: `ledger/part-00003-of-00012.parquet`."""
        return part_file(folder, index, len(self.plan.parts))

    def marker(self, stage: AnyArtifacts, index: int) -> dict[str, Any] | None:
        """A task's summary and its files' digests, or None if the task is not done."""
        return self.folder.read_marker(stage.marker(index))

    def summary(self, stage: Artifacts[S], index: int) -> S:
        """The summary of a task that must be done.

        Raises:
            StorageError: it is not, or its files are damaged.
        """
        return cast("S", self._require_marker(stage, index))

    def files(self, stage: AnyArtifacts, index: int) -> dict[str, FileDigest]:
        """The files that a task has written.

        Raises:
            StorageError: it is not done, or its files are damaged.
        """
        files = self._require_marker(stage, index)["files"]
        return {name: FileDigest(*digest) for name, digest in files.items()}

    def _require_marker(self, stage: AnyArtifacts, index: int) -> dict[str, Any]:
        marker = self.marker(stage, index)
        if marker is None:
            name = self.folder.where(stage.marker(index))
            raise StorageError(
                self.damage()
                or f"{name}: missing or damaged; run the same command again to do it once more"
            )
        return marker

    def leave_marker(
        self,
        stage: AnyArtifacts,
        index: int,
        summary: Mapping[str, object],
        digests: dict[str, FileDigest],
    ) -> None:
        """Declare a task done, after its files are written."""
        self.folder.write_marker(stage.marker(index), dict(summary), digests)

    def leave_timing(
        self,
        stage: str,
        index: int,
        *,
        seconds: float,
        processor_seconds: float,
        traffic: TransferStats,
    ) -> None:
        """Note in `log/timings.jsonl` what a task took; benchmarks and the curious read it."""
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        line = {
            "stage": stage,
            "index": index,
            "seconds": round(seconds, 4),
            "processor_seconds": round(processor_seconds, 4),
            "peak_memory": peak * (1 if sys.platform == "darwin" else 1024),
            **(traffic._asdict() if traffic.fetched else {}),
        }
        self.folder.append_line("log/timings.jsonl", json.dumps(line))

    def leave_failure(self, part: int, stage: str, error: str) -> None:
        """Note that a part fails whenever a stage tries it, if there is room for that."""
        here = f"{self.folder.root}/"
        with contextlib.suppress(StorageError):
            self.folder.write_json(
                f"{FAILED}/{part:05d}.json", {"stage": stage, "error": error.replace(here, "")}
            )

    def damage(self) -> str | None:
        """What is wrong with a file of a task that is done, if anything; looked for once a process.

        A reader of a file that is gone or cut short only says that it cannot be read.
        """

        def look() -> str | None:
            with contextlib.suppress(RetryableError):  # what was to be explained is told anyway
                return next(self.folder.find_damage(WORK), None)
            return None

        return self.remember("damage", look)

    def leave_trace(self, relative: str, text: str) -> None:
        """Keep what a person may want to read about an error, if there is room for it."""
        with contextlib.suppress(StorageError):
            self.folder.write_bytes(relative, text.encode("utf-8", "backslashreplace"), {})


FAILED = f"{LOG}/failed"
"""Holds a note for each part that failed in this run."""


@functools.lru_cache(maxsize=1)  # a plan that changed leaves nothing of the old one in memory
def _load(out: str, _stamp: str) -> Build:
    folder = open_folder(parse_location(out))
    recipe = load_resolved(folder.path(RECIPE))
    return Build(folder, recipe, Plan.read(folder))
