"""Processor time of the whole build, by what the sample's took.

Parts of the sample are done again here, when all is warm; that is the least that they take. The
most is what they took when they were built, when files were read for the first time and workers
loaded what they need, which a large build does not notice. The truth lies between, the nearer to
the first the larger the sample; the estimate is the geometric mean. Archives are only timed here,
at full: a build reads all of an archive of which a sample takes a few files.

A time depends on the machine and on what else it does at the moment: repeated builds on one machine
differed by some tenths, so intervals allow for a third more on either side.
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
"""Parts that are timed at most."""

_FETCHED: Final = 2
"""Of these, parts that lie elsewhere: they are fetched once more."""

_MACHINE: Final = 1 / 3


def sum_estimates(estimates: Iterable[Estimate]) -> Estimate:
    """A sum, with an interval as if all of it erred alike."""
    found = list(estimates)
    return Estimate(*(sum(each[at] for each in found) for at in range(3)))


def estimate_times(build: Build, listing: Listing, totals: Totals) -> dict[str, Estimate]:
    """Seconds of one core that the whole build takes, by group of stages.

    Args:
        build: that of the sample; its files are not what they were afterwards.
        listing: what was drawn.
        totals: estimates of the whole.
    """
    count = len(build.plan.parts)
    begin = count - len(listing.containers)
    noted = _recorded_seconds(build)
    loose = _largest(build, range(begin), max_remote=_FETCHED)
    first, again = _first_and_warm_seconds(
        build, CurateParts(), loose, noted
    )  # their files stay as they are
    read = sum(_bytes_read(build, index) for index in loose)
    every = _largest(build, range(count))
    first_encode, again_encode = _first_and_warm_seconds(build, EncodeParts(), every, noted)
    encoded = sum(_bytes_encoded(build, index) for index in every)
    deduplicating = _deduplication(build, listing.parts, totals)
    containers = _largest(build, range(begin, count), max_remote=_FETCHED)
    _, inner = _first_and_warm_seconds(build, CurateParts(), containers, noted)
    held = sum(_bytes_read(build, index) for index in containers)
    inside = Estimate(*(max(bound - listing.bytes, 0.0) for bound in totals.bytes))
    curating = [
        _between_warm_and_first(again, first).scaled(listing.bytes / max(read, 1)),
        inside.scaled(inner / max(held, 1)),
    ]
    per_byte = _between_warm_and_first(again_encode, first_encode).scaled(1 / max(encoded, 1))
    encoding = (one * other for one, other in zip(per_byte, totals.kept[1], strict=True))
    stages = {
        "curate": sum_estimates(curating),
        "deduplicate": deduplicating,
        "encode": Estimate(*encoding),
    }
    return {name: _widen(value) for name, value in stages.items()}


def fetched_by_tasks(build: Build) -> TransferStats:
    """What the tasks of the sample's build have fetched so far."""
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
    """The parts to be timed, at most so many of those whose inputs lie elsewhere."""
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
    build: Build, stage: Stage, indices: list[int], noted: Counter[tuple[str, int]]
) -> tuple[float, float]:
    """Seconds that tasks took when the sample was built, and that they take now, warm."""
    if not indices:
        return 0.0, 0.0
    _perform(build, stage, indices[-1])
    again = sum(_perform(build, stage, index) for index in indices)
    return sum(noted[stage.name, index] for index in indices), again


def _deduplication(build: Build, parts: int, totals: Totals) -> Estimate:
    """Between what the sample's takes, as if that were all for tasks, and as if by documents."""
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


def _between_warm_and_first(again: float, first: float) -> Estimate:
    """Seconds between those of warm tasks and those of the sample's, however these compare."""
    least, most = sorted((again, first))
    return Estimate(sqrt(least * most), least, most)


def _widen(value: Estimate) -> Estimate:
    return Estimate(value.value, value.low * (1 - _MACHINE), value.high * (1 + _MACHINE))
