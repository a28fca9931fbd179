"""The last task of a build: everything must add up; then the manifest is written.

The manifest lists every file of the output with size and SHA-256, the ledger's sums, and what the
stages did. It holds no times and no names of machines, and stands only when the build is complete.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from itertools import chain
from typing import Any

from codecorpus.pipelines.corpus.layout import FORMAT, MANIFEST, UNDIGESTED
from codecorpus.pipelines.corpus.manifest import check_sums, combined_digest
from codecorpus.pipelines.corpus.shards import dataset_files
from codecorpus.pipelines.stages.base import Stage, Summary
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.deduplicate import survivors
from codecorpus.pipelines.stages.deduplicate.survivors import ProposePairs, SettlePairs, VerifyPairs
from codecorpus.pipelines.stages.encode import EncodeParts, NumberRows
from codecorpus.pipelines.stages.plan import SkippedPart
from codecorpus.pipelines.storage.digests import FileDigest

STAGES: tuple[Stage, ...] = (CurateParts(), *survivors.STAGES, EncodeParts(), NumberRows())
"""The stages before this one, in their order."""


class WriteManifest(Stage):
    """Adds up all summaries; one task."""

    name = "manifest"

    def weights(self, build: Build) -> list[int]:
        """One task."""
        del build
        return [1]

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> Summary:
        """Check the sums, write the files that `datasets` reads, then the manifest.

        Raises:
            StorageError: something was lost or counted twice.
        """
        del index, counters
        stages = {stage.name: _summaries(build, stage) for stage in STAGES}
        files = _output_files(chain.from_iterable(stages.values()))
        for name in ("recipe.yaml", "tokenizer.json"):
            files[name] = build.folder.digest_of(name)
        shards = {
            name.removeprefix("shards/"): digest
            for name, digest in sorted(files.items())
            if name.startswith("shards/")
        }
        for name, data in dataset_files(build.recipe.encode.sequence_length, shards).items():
            build.folder.write_bytes(f"shards/{name}", data, files)
        manifest = summarize(build, stages)
        check_sums(manifest)
        manifest["files"] = {name: [d.size, d.sha256] for name, d in sorted(files.items())}
        digests[MANIFEST] = build.folder.write_json(MANIFEST, manifest)
        return {}


def summarize(build: Build, stages: dict[str, list[Summary]]) -> dict[str, Any]:
    """The manifest less its list of files."""
    curated, encoded = stages[CurateParts.name], stages[EncodeParts.name]
    languages: dict[str, Counter[str]] = {}
    for part in encoded:
        for language, sums in part["languages"].items():
            languages.setdefault(language, Counter()).update(sums)
    return {
        "format": FORMAT,
        "name": build.recipe.name,
        "counts": dict(sum((Counter(part["counts"]) for part in encoded), Counter())),
        "tokens": {language: sums["tokens"] for language, sums in languages.items()},
        "languages": {language: dict(sums) for language, sums in languages.items()},
        "passed_over": _passed_over(build, curated),
        "natural_languages": dict(
            sum((Counter(part["natural_languages"]) for part in curated), Counter())
        ),
        "records": sum(part["records"] for part in curated),
        "read": {
            "files": sum(part["read"] for part in curated),
            "bytes": sum(part["bytes"] for part in curated),
        },
        "rows": sum(part["rows"] for part in encoded),
        "padding": sum(part["padding"] for part in encoded),
        "sequence_length": build.recipe.encode.sequence_length,
        "duplicates": {
            "pairs_proposed": sum(s["pairs"] for s in stages[ProposePairs.name]),
            "pairs_compared": sum(s["pairs"] for s in stages[VerifyPairs.name]),
            "pairs_settled": sum(s["settled"] for s in stages[SettlePairs.name]),
            "pairs_similar": sum(
                s["similar"] for name in (VerifyPairs.name, SettlePairs.name) for s in stages[name]
            ),
            "buckets_capped": sum(s["capped"] for s in stages[ProposePairs.name]),
        },
        "stages": {name: {"tasks": len(summaries)} for name, summaries in stages.items()},
        "parts": [_part(build, stages, index) for index in range(len(build.plan.parts))],
        "skipped": [_skipped(build, skipped) for skipped in build.plan.skipped],
    }


def _passed_over(build: Build, curated: list[Summary]) -> dict[str, dict[str, int]]:
    """What sources met that is no record of theirs, by source and name."""
    found: dict[str, Counter[str]] = {}
    for part, summary in zip(build.plan.parts, curated, strict=True):
        name = build.recipe.sources[part.source].name
        found.setdefault(name, Counter()).update(summary["passed_over"])
    return {name: dict(counts) for name, counts in found.items() if counts}


def _part(build: Build, stages: dict[str, list[Summary]], index: int) -> dict[str, Any]:
    """One part: its sums, and one digest over its files, made as that of the whole output."""
    curated, encoded, numbered = (
        stages[stage.name][index] for stage in (CurateParts, EncodeParts, NumberRows)
    )
    return {
        "source": build.recipe.sources[build.plan.parts[index].source].name,
        "records": curated["records"],
        "documents": curated["documents"],
        "bytes": curated["bytes"],
        "rows": encoded["rows"],
        "counts": encoded["counts"],
        "digest": combined_digest(_output_files([curated, encoded, numbered])),
    }


def _skipped(build: Build, skipped: SkippedPart) -> dict[str, Any]:
    """A part that is left out, and why; each of its inputs has a row in the ledger."""
    planned = build.plan.parts[skipped.part]
    return {
        **asdict(skipped),
        "source": build.recipe.sources[planned.source].name,
        "inputs": planned.inputs,
        "bytes": planned.size,
    }


def _output_files(summaries: Iterable[Summary]) -> dict[str, FileDigest]:
    return {
        name: FileDigest(*digest)
        for summary in summaries
        for name, digest in summary["files"].items()
        if name.split("/")[0] not in UNDIGESTED
    }


def _summaries(build: Build, stage: Stage) -> list[Summary]:
    return [build.summary(stage.name, index) for index in range(len(stage.weights(build)))]
