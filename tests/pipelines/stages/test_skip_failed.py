"""What is left of the results when parts that failed are skipped, or tried again."""

from pathlib import Path

import pytest

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.stages.artifacts import CURATE, ENCODE
from codecorpus.pipelines.stages.base import TaskError
from codecorpus.pipelines.stages.context import FAILED, Build
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.stages.plan import SkippedPart
from codecorpus.pipelines.stages.skip_failed import reset_skipped_parts, skip_failed_parts
from codecorpus.pipelines.storage.folder import Folder
from tests.pipelines.stages.planned import plan_build

LATER = [stage.artifacts for stage in STAGES if stage.artifacts is not CURATE]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Three parts that every stage is done with."""
    build = plan_build(tmp_path, [0, 0, 0])
    for stage in (CURATE, *LATER):
        for task in range(3):
            build.write_marker(stage, task, {}, {})
    return build


def done(build: Build) -> dict[str, list[int]]:
    """The tasks of each stage that are done."""
    tasks = {
        stage.stage: [task for task in range(3) if build.marker(stage, task) is not None]
        for stage in (CURATE, *LATER)
    }
    return {name: found for name, found in tasks.items() if found}


def plan_of(build: Build) -> tuple[SkippedPart, ...]:
    return Build.load(str(build.folder.root)).plan.skipped


ALL_DONE = {stage.stage: [0, 1, 2] for stage in (CURATE, *LATER)}


def test_a_failed_part_is_skipped_at_all_stages(build: Build) -> None:
    build.record_failure(1, "encode", "bad")
    new = skip_failed_parts(str(build.folder.root))
    assert new == [SkippedPart(1, "encode", "bad")]
    assert plan_of(build) == tuple(new)
    assert done(build) == {"curate": [0, 2]}
    assert not build.folder.names(FAILED)


def test_parts_that_were_skipped_before_are_not_new(build: Build) -> None:
    old = SkippedPart(2, "curate", "worse")
    build.plan.with_skipped((old,)).write(build.folder)
    build.record_failure(2, "encode", "bad")
    assert skip_failed_parts(str(build.folder.root)) == []
    build.record_failure(0, "encode", "bad")
    assert [skipped.part for skipped in skip_failed_parts(str(build.folder.root))] == [0]
    assert plan_of(build) == (SkippedPart(0, "encode", "bad"), old)


def test_not_every_part_can_be_skipped(build: Build) -> None:
    for part in range(3):
        build.record_failure(part, ENCODE.stage, f"bad {part}")
    with pytest.raises(TaskError, match=r"every part failed.*part 0 in 'encode': bad 0"):
        skip_failed_parts(str(build.folder.root))
    assert plan_of(build) == ()
    assert done(build) == ALL_DONE


def skip_part_1(build: Build) -> None:
    build.plan.with_skipped((SkippedPart(1, "encode", "bad"),)).write(build.folder)


def test_what_was_made_without_the_part_is_kept(build: Build) -> None:
    skip_part_1(build)
    build.write_marker(CURATE, 1, {"skipped": "encode"}, {})
    reset_skipped_parts(str(build.folder.root), skip_failed=True)
    assert done(build) == ALL_DONE


def test_without_the_flag_a_skipped_part_is_tried_again(build: Build) -> None:
    skip_part_1(build)
    build.write_marker(CURATE, 1, {"skipped": "encode"}, {})
    reset_skipped_parts(str(build.folder.root), skip_failed=False)
    assert done(build) == {"curate": [0, 2]}
    assert plan_of(build) == ()


def test_without_skipped_parts_only_the_notes_are_removed(build: Build) -> None:
    build.record_failure(1, "encode", "bad")
    reset_skipped_parts(str(build.folder.root), skip_failed=False)
    assert done(build) == ALL_DONE
    assert not build.folder.names(FAILED)


def test_files_that_cannot_be_removed_stop_the_build(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_part_1(build)
    monkeypatch.setattr(Folder, "remove", lambda _self, _name: None)
    with pytest.raises(StorageError, match="cannot be removed; allow that"):
        reset_skipped_parts(str(build.folder.root), skip_failed=True)
    assert build.marker(CURATE, 1) is not None
