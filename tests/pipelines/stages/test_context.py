"""What tasks look up in a build's folder."""

import json
from pathlib import Path
from typing import Any

import pytest

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.stages.artifacts import Artifacts
from codecorpus.pipelines.stages.context import FAILED, Build
from codecorpus.pipelines.stages.plan import Plan, SkippedPart
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.transfer_stats import TransferStats
from codecorpus.tokenization.vocabulary import Vocabulary
from tests.pipelines.stages.planned import make_recipe, plan_build

TOY: Artifacts[Any] = Artifacts("toy")


def test_a_described_build_is_loaded_again(tmp_path: Path, vocabulary: Vocabulary) -> None:
    planned = plan_build(tmp_path / "planned", [0, 2])
    recipe = make_recipe(part_bytes=1 << 20)
    out = tmp_path / "out"
    Build.describe(planned.folder.__class__(out), recipe, planned.plan, vocabulary)
    build = Build.load(str(out))
    assert build.recipe == recipe
    assert build.plan == planned.plan
    assert build.folder.read_bytes("tokenizer.json") == vocabulary.tokenizer_json()
    assert build.part_file("ledger", 1) == "ledger/part-00001-of-00002.parquet"


def test_a_folder_without_a_plan_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"plan\.json: .*no build was planned here"):
        Build.load(str(tmp_path))


def test_a_build_is_read_once_until_its_plan_changes(tmp_path: Path) -> None:
    build = plan_build(tmp_path, [0, 0])
    assert Build.load(str(tmp_path)) is build
    skipped = (SkippedPart(1, "encode", "x"),)
    build.plan.with_skipped(skipped).write(build.folder)
    assert Build.load(str(tmp_path)).plan == Plan.read(build.folder) != build.plan


def test_what_is_remembered_is_made_once_for_each_name(tmp_path: Path) -> None:
    build = plan_build(tmp_path)
    made: list[str] = []

    def make(name: str) -> str:
        made.append(name)
        return name

    found = [build.cached(name, lambda name=name: make(name)) for name in ("a", "b", "a")]  # type: ignore[misc]
    assert (found, made) == (["a", "b", "a"], ["a", "b"])


def test_a_marker_counts_only_with_its_files(tmp_path: Path) -> None:
    build = plan_build(tmp_path)
    digests: dict[str, FileDigest] = {}
    build.folder.write_bytes("x", b"123", digests)
    build.write_marker(TOY, 7, {"rows": 1}, digests)
    assert build.summary(TOY, 7)["rows"] == 1
    assert build.files(TOY, 7) == digests
    (tmp_path / "x").write_bytes(b"12")
    assert build.marker(TOY, 7) is None
    with pytest.raises(
        StorageError, match="x: missing, or no longer the 3 bytes that were written"
    ):
        build.summary(TOY, 7)


def test_a_task_that_is_not_done_has_no_summary(tmp_path: Path) -> None:
    build = plan_build(tmp_path)
    assert build.marker(TOY, 0) is None
    with pytest.raises(StorageError, match=r"00000\.json: missing or damaged; run the same"):
        build.summary(TOY, 0)
    assert build.find_damage() is None


def test_times_are_lines_of_json(tmp_path: Path) -> None:
    build = plan_build(tmp_path)
    for index in (0, 1):
        build.log_timing(
            "toy", index, seconds=1.23456, processor_seconds=1, traffic=TransferStats()
        )
    lines = (tmp_path / "log" / "timings.jsonl").read_text().splitlines()
    first, second = map(json.loads, lines)
    assert (first["stage"], first["index"], first["seconds"]) == ("toy", 0, 1.2346)
    assert second["index"] == 1
    assert first["peak_memory"] > 1 << 20
    assert first.keys() == {"stage", "index", "seconds", "processor_seconds", "peak_memory"}


def test_traces_and_failures_are_written_if_they_can_be(tmp_path: Path) -> None:
    build = plan_build(tmp_path)
    build.record_failure(3, "toy", f"{tmp_path}/x: bad")
    assert build.folder.read_json(f"{FAILED}/00003.json") == {"stage": "toy", "error": "x: bad"}
    build.write_trace("log/x.txt", "a\ud800")
    assert (tmp_path / "log" / "x.txt").read_bytes() == b"a\\ud800"
    (tmp_path / "file").touch()
    build.write_trace("file/x.txt", "nowhere to write")  # no error
    assert not (tmp_path / "file").is_dir()
