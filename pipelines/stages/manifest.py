"""The last task of a build: check that all counts add up, then write the manifest.

The manifest lists every output file with size and SHA-256, the counts of the ledger and the work
of the stages. It contains no times or host names, and exists only when the build is complete.
"""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

from codecorpus.pipelines.corpus.layout import (
    FORMAT,
    MANIFEST,
    RECIPE,
    SHARDS,
    TOKENIZER,
    UNDIGESTED,
)
from codecorpus.pipelines.corpus.manifest import check_sums, combined_digest
from codecorpus.pipelines.corpus.shards import dataset_files
from codecorpus.pipelines.stages.artifacts import (
    CURATE,
    ENCODE,
    NUMBER_ROWS,
    PROPOSE_PAIRS,
    SETTLE_PAIRS,
    VERIFY_PAIRS,
    WRITE_MANIFEST,
    AnyArtifacts,
    Artifacts,
    CurateSummary,
    EncodeSummary,
    NoSummary,
    SummaryT,
)
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.plan import SkippedPart
from codecorpus.pipelines.storage.digests import FileDigest


@dataclass(frozen=True)
class WriteManifest(Stage):
    """Adds up the summaries of all stages in one task.

    Attributes:
        before: the earlier stages, in order.
    """

    before: tuple[Stage, ...]
    artifacts = WRITE_MANIFEST

    def run(
        self, build: Build, index: int, digests: dict[str, FileDigest], counters: Counters
    ) -> NoSummary:
        """Check the counts, write the metadata that `datasets` reads, then the manifest.

        Raises:
            StorageError: counts do not add up.
        """
        del index, counters
        tasks = {stage.artifacts: len(stage.weights(build)) for stage in self.before}
        files: dict[str, FileDigest] = {}
        for stage, count in tasks.items():
            for task in range(count):
                files |= _output_files(build, stage, task)
        for name in (RECIPE, TOKENIZER):
            files[name] = build.folder.digest_of(name)
        shards = {
            name.removeprefix(f"{SHARDS}/"): digest
            for name, digest in sorted(files.items())
            if name.startswith(f"{SHARDS}/")
        }
        for name, data in dataset_files(build.recipe.encode.sequence_length, shards).items():
            build.folder.write_bytes(f"{SHARDS}/{name}", data, files)
        manifest = summarize(build, tasks)
        check_sums(manifest)
        manifest["files"] = {name: [d.size, d.sha256] for name, d in sorted(files.items())}
        digests[MANIFEST] = build.folder.write_json(MANIFEST, manifest)
        return {}


def summarize(build: Build, tasks: dict[AnyArtifacts, int]) -> dict[str, Any]:
    """The manifest without its list of files.

    Args:
        build: a build whose stages are done.
        tasks: the number of tasks of each stage.
    """

    def summaries(stage: Artifacts[SummaryT]) -> list[SummaryT]:
        return [build.summary(stage, task) for task in range(tasks[stage])]

    curated, encoded = summaries(CURATE), summaries(ENCODE)
    proposed, verified = summaries(PROPOSE_PAIRS), summaries(VERIFY_PAIRS)
    settled = summaries(SETTLE_PAIRS)
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
            "pairs_proposed": sum(task["pairs"] for task in proposed),
            "pairs_compared": sum(task["pairs"] for task in verified),
            "pairs_settled": sum(task["settled"] for task in settled),
            "pairs_similar": sum(task["similar"] for task in (*verified, *settled)),
            "buckets_capped": sum(task["capped"] for task in proposed),
        },
        "stages": {stage.stage: {"tasks": count} for stage, count in tasks.items()},
        "parts": [
            _part(build, index, *sums)
            for index, sums in enumerate(zip(curated, encoded, strict=True))
        ],
        "skipped": [_skipped(build, skipped) for skipped in build.plan.skipped],
    }


def _passed_over(build: Build, curated: list[CurateSummary]) -> dict[str, dict[str, int]]:
    """Records that sources ignored, by source and by the name that a source counts them under."""
    found: dict[str, Counter[str]] = {}
    for part, summary in zip(build.plan.parts, curated, strict=True):
        name = build.recipe.sources[part.source].name
        found.setdefault(name, Counter()).update(summary["passed_over"])
    return {name: dict(counts) for name, counts in found.items() if counts}


def _part(
    build: Build, index: int, curated: CurateSummary, encoded: EncodeSummary
) -> dict[str, Any]:
    """One part: its counts, and a digest of its files, computed like that of the whole output."""
    files: dict[str, FileDigest] = {}
    for stage in (CURATE, ENCODE, NUMBER_ROWS):
        files |= _output_files(build, stage, index)
    return {
        "source": build.recipe.sources[build.plan.parts[index].source].name,
        "records": curated["records"],
        "documents": curated["documents"],
        "bytes": curated["bytes"],
        "rows": encoded["rows"],
        "counts": encoded["counts"],
        "digest": combined_digest(files),
    }


def _skipped(build: Build, skipped: SkippedPart) -> dict[str, Any]:
    """A skipped part and its error; each of its inputs has a row in the ledger."""
    planned = build.plan.parts[skipped.part]
    return {
        **asdict(skipped),
        "source": build.recipe.sources[planned.source].name,
        "inputs": planned.inputs,
        "bytes": planned.size,
    }


def _output_files(build: Build, stage: AnyArtifacts, task: int) -> dict[str, FileDigest]:
    files = build.files(stage, task)
    return {name: digest for name, digest in files.items() if name.split("/")[0] not in UNDIGESTED}
