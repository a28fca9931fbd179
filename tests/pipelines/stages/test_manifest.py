"""The manifest adds up what the stages left, or the build fails."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.corpus.layout import MANIFEST
from codecorpus.pipelines.corpus.manifest import combined_digest, digests_of
from codecorpus.pipelines.stages.artifacts import (
    CURATE,
    ENCODE,
    NUMBER_ROWS,
    PROPOSE_PAIRS,
    SETTLE_PAIRS,
    VERIFY_PAIRS,
    AnyArtifacts,
)
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.counters import Counters
from codecorpus.pipelines.stages.manifest import WriteManifest, summarize
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.stages.plan import SkippedPart
from codecorpus.pipelines.storage.digests import FileDigest
from tests.pipelines.stages.planned import plan_build

PARTS = 3
SUMMARIES: dict[AnyArtifacts, list[dict[str, Any]]] = {
    CURATE: [
        {
            "records": 10 + part,
            "read": 8,
            "bytes": 100,
            "documents": 5,
            "passed_over": {"set": part},
            "natural_languages": {"en": 1, "de": part},
        }
        for part in range(PARTS)
    ],
    PROPOSE_PAIRS: [{"pairs": 7, "capped": 1}, {"pairs": 2, "capped": 0}],
    VERIFY_PAIRS: [{"pairs": 8, "similar": 3, "doubtful": 2}],
    SETTLE_PAIRS: [{"settled": 2, "similar": 1}],
    ENCODE: [
        {
            "rows": 2,
            "padding": 9,
            "languages": {"Go": {"tokens": 50, "files": 4, "bytes": 90}},
            "counts": {"kept": 4, "file_size.min": 6 + part},
        }
        for part in range(PARTS)
    ],
    NUMBER_ROWS: [{} for _ in range(PARTS)],
}


class Done(Stage):
    """A stage whose tasks are done."""

    def __init__(self, stage: AnyArtifacts) -> None:
        self.artifacts = stage  # type: ignore[misc]

    def weights(self, build: Build) -> list[int]:
        del build
        return [1] * len(SUMMARIES.get(self.artifacts, []))

    def run(self, *arguments: Any) -> dict[str, Any]:
        raise NotImplementedError


@pytest.fixture
def build(tmp_path: Path) -> Build:
    skipped = (SkippedPart(2, "encode", "x"),)
    build = plan_build(tmp_path, [0, 0, 1], skipped=skipped)
    build.folder.write_bytes("tokenizer.json", b"{}", {})
    for stage, summaries in SUMMARIES.items():
        for task, summary in enumerate(summaries):
            digests: dict[str, FileDigest] = {}
            for name in (f"{stage.folder}/{task}.x", f"{stage.stage}/{task}", f"shards/{task}"):
                if name.partition("/")[0] != "shards" or stage is ENCODE:
                    build.folder.write_bytes(name, name.encode(), digests)
            build.write_marker(stage, task, summary, digests)
    return build


def before() -> tuple[Stage, ...]:
    return tuple(Done(stage.artifacts) for stage in STAGES[:-1])


def test_sums_are_over_all_tasks(build: Build) -> None:
    tasks = {stage.artifacts: len(stage.weights(build)) for stage in before()}
    manifest = summarize(build, tasks)
    assert manifest["records"] == 33
    assert manifest["read"] == {"files": 24, "bytes": 300}
    assert manifest["counts"] == {"kept": 12, "file_size.min": 21}
    assert manifest["languages"] == {"Go": {"tokens": 150, "files": 12, "bytes": 270}}
    assert manifest["tokens"] == {"Go": 150}
    assert (manifest["rows"], manifest["padding"]) == (6, 27)
    assert manifest["natural_languages"] == {"en": 3, "de": 3}
    assert manifest["passed_over"] == {"a": {"set": 1}, "b": {"set": 2}}
    assert manifest["duplicates"] == {
        "pairs_proposed": 9,
        "pairs_compared": 8,
        "pairs_settled": 2,
        "pairs_similar": 4,
        "buckets_capped": 1,
    }
    assert [part["source"] for part in manifest["parts"]] == ["a", "a", "b"]
    assert manifest["skipped"] == [
        {"part": 2, "stage": "encode", "error": "x", "source": "b", "inputs": 1, "bytes": 102}
    ]


def test_stages_are_listed_by_name_with_their_tasks(build: Build) -> None:
    tasks = {stage.artifacts: len(stage.weights(build)) for stage in before()}
    found = summarize(build, tasks)["stages"]
    assert list(found) == [stage.name for stage in STAGES[:-1]]
    counts = Counter({stage.stage: len(done) for stage, done in SUMMARIES.items()})
    assert found == {name: {"tasks": counts[name]} for name in found}


def test_it_lists_every_file_that_the_digest_counts(build: Build) -> None:
    digests: dict[str, FileDigest] = {}
    WriteManifest(before()).run(build, 0, digests, Counters())
    manifest = build.folder.read_json(MANIFEST)
    files = digests_of(build.folder)
    assert digests == {MANIFEST: files.pop(MANIFEST)}
    listed = {name: FileDigest(*digest) for name, digest in manifest["files"].items()}
    assert listed == files
    assert {"recipe.yaml", "tokenizer.json", "shards/state.json", "curate/0"} <= files.keys()
    names = ("curate/1", "encode/1", "number rows/1", "shards/1")
    part = {name: files[name] for name in names}
    assert manifest["parts"][1]["digest"] == combined_digest(part)


def test_a_record_that_was_lost_fails_the_build(build: Build) -> None:
    summary = SUMMARIES[CURATE][0]
    build.write_marker(CURATE, 0, summary | {"records": 11}, {})
    with pytest.raises(StorageError, match="34 records, but 33 ledger rows"):
        WriteManifest(before()).run(build, 0, {}, Counters())
    assert not build.folder.exists(MANIFEST)
