"""Estimates processor time of the whole build from the times of the sample's tasks.

Some tasks of the sample are repeated here with warm caches, which gives a lower bound. The upper
bound is the time they took in the sample's build, when files were read for the first time and
workers loaded their modules, costs that are negligible in a large build. The estimate is the
geometric mean of the two; the larger the sample, the closer the bounds. Parts of archives are timed
only here, and reading all of their files, because a build reads all of an archive.

Times depend on the machine and on its load: repeated builds on one machine differed by tens of per
cent, so intervals are widened by a third on either side.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from math import sqrt
from typing import Any, Final

from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.corpus.layout import TIMINGS
from codecorpus.pipelines.preflight.confidence_intervals import Estimate
from codecorpus.pipelines.preflight.estimates import Totals
from codecorpus.pipelines.preflight.inputs import Listing
from codecorpus.pipelines.stages.artifacts import CURATE, ENCODE, MATCH_COPIES
from codecorpus.pipelines.stages.base import Stage, Task, perform
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.encode import EncodeParts
from codecorpus.pipelines.stages.order import DEDUPLICATE
from codecorpus.pipelines.storage.locations import is_remote
from codecorpus.pipelines.storage.transfer_stats import TransferStats

_TIMED: Final = 8
"""The most parts that are timed."""

_FETCHED: Final = 2
"""The most remote parts among them; these are fetched again."""

_MACHINE: Final = 1 / 3
"""Widens the intervals, for the load of the machine."""


def sum_estimates(estimates: Iterable[Estimate]) -> Estimate:
    """The sum of estimates; its interval assumes that their errors are fully correlated."""
    found = list(estimates)
    return Estimate(*(sum(each[at] for each in found) for at in range(3)))


def estimate_times(build: Build, listing: Listing, totals: Totals) -> dict[str, Estimate]:
    """Estimate the processor seconds of the whole build, by group of stages.

    Args:
        build: the sample's build; its files are modified.
        listing: the drawn files and parts.
        totals: estimates for the whole build.
    """
    count = len(build.plan.parts)
    begin = count - len(listing.containers)
    recorded = _recorded_seconds(build)
    loose = _largest(build, range(begin), max_remote=_FETCHED)
    # This rewrites the same files, because parts of loose files contain only drawn ones.
    first, warm = _first_and_warm_seconds(build, CurateParts(), loose, recorded)
    read = sum(_bytes_read(build, index) for index in loose)
    every = _largest(build, range(count))
    first_encode, warm_encode = _first_and_warm_seconds(build, EncodeParts(), every, recorded)
    encoded = sum(_bytes_encoded(build, index) for index in every)
    deduplicating = _deduplication(build, listing.parts, totals)
    containers = _largest(build, range(begin, count), max_remote=_FETCHED)
    # Without a sampler, all files of these parts are read; this overwrites the sample's.
    _, container_seconds = _first_and_warm_seconds(build, CurateParts(), containers, recorded)
    container_bytes = sum(_bytes_read(build, index) for index in containers)
    in_containers = Estimate(*(max(bound - listing.bytes, 0.0) for bound in totals.bytes))
    curating = [
        _between_warm_and_first(warm, first).scaled(listing.bytes / max(read, 1)),
        in_containers.scaled(container_seconds / max(container_bytes, 1)),
    ]
    per_byte = _between_warm_and_first(warm_encode, first_encode).scaled(1 / max(encoded, 1))
    encoding = (one * other for one, other in zip(per_byte, totals.kept[1], strict=True))
    stages = {
        "curate": sum_estimates(curating),
        "deduplicate": deduplicating,
        "encode": Estimate(*encoding),
    }
    return {name: _widen(value) for name, value in stages.items()}


def fetched_by_tasks(build: Build) -> TransferStats:
    """The bytes that the tasks of the sample's build fetched."""
    lines = list(_timings(build))
    return TransferStats(
        *(sum(line.get(name, 0) for line in lines) for name in TransferStats._fields)
    )


def _recorded_seconds(build: Build) -> Counter[tuple[str, int]]:
    """The processor seconds of each task of the sample's build."""
    found: Counter[tuple[str, int]] = Counter()
    for line in _timings(build):
        found[line["stage"], line["index"]] += line["processor_seconds"]
    return found


def _timings(build: Build) -> Iterator[dict[str, Any]]:
    with build.folder.path(TIMINGS).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _largest(build: Build, indices: Iterable[int], *, max_remote: int = _TIMED) -> list[int]:
    """The largest parts, at most _TIMED, of which at most `max_remote` have remote inputs."""
    sizes, sources = CurateParts().weights(build), build.recipe.sources
    ordered = sorted(indices, key=lambda index: -sizes[index])
    chosen: list[int] = []
    for index in ordered:
        if any(is_remote(path) for path in sources[build.plan.parts[index].source].paths):
            if not max_remote:
                continue
            max_remote -= 1
        chosen.append(index)
    return chosen[:_TIMED]


def _first_and_warm_seconds(
    build: Build, stage: Stage, indices: list[int], recorded: Counter[tuple[str, int]]
) -> tuple[float, float]:
    """Processor seconds of tasks in the sample's build, and now, with warm caches."""
    if not indices:
        return 0.0, 0.0
    _perform(build, stage, indices[-1])
    warm = sum(_perform(build, stage, index) for index in indices)
    return sum(recorded[stage.name, index] for index in indices), warm


def _deduplication(build: Build, parts: int, totals: Totals) -> Estimate:
    """Processor seconds of deduplication.

    The shortest task estimates the overhead of a task. The lower bound adds that overhead for each
    part that the sample does not have; the upper bound scales the rest with the documents.
    """
    for _ in range(2):
        seconds = [
            _perform(build, stage, index)
            for stage in DEDUPLICATE
            for index in range(len(stage.weights(build)))
        ]
    documents = build.summary(MATCH_COPIES, 0)["documents"]
    each = min(seconds)
    least = sum(seconds) + each * max(parts - len(build.plan.parts), 0)
    growth = totals.documents[0].scaled(1 / max(documents, 1))
    most = growth.scaled(max(sum(seconds) - each * len(seconds), 0.0))
    value = sqrt(least * max(most.value, least))
    return Estimate(value, least, max(most.high, value))


def _perform(build: Build, stage: Stage, index: int) -> float:
    begun = time.process_time()
    outcome = perform(Task(str(build.folder.root), stage, index, 1))
    if outcome.error:
        raise CodecorpusError(f"{outcome.name}: {outcome.error}")
    return time.process_time() - begun


def _bytes_read(build: Build, index: int) -> int:
    return build.summary(CURATE, index)["bytes"]


def _bytes_encoded(build: Build, index: int) -> int:
    languages = build.summary(ENCODE, index)["languages"].values()
    return sum(language["bytes"] for language in languages)


def _between_warm_and_first(warm: float, first: float) -> Estimate:
    """The geometric mean of two times, in either order, with the interval between them."""
    least, most = sorted((warm, first))
    return Estimate(sqrt(least * most), least, most)


def _widen(value: Estimate) -> Estimate:
    return Estimate(value.value, value.low * (1 - _MACHINE), value.high * (1 + _MACHINE))
