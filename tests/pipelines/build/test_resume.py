"""An interrupted build resumes where it stopped, or is refused with a list of differences."""

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from codecorpus.foundation.errors import CodecorpusError, InputError, StorageError, UsageError
from codecorpus.pipelines.stages.base import Stage, TaskError
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import MatchCopies
from codecorpus.pipelines.stages.encode import EncodeParts
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.folder import Folder

Build = Callable[..., Path]
Digest = Callable[[Path], str]


@contextmanager
def full_disk(
    monkeypatch: pytest.MonkeyPatch, stage: type[Stage], after: int = 0
) -> Iterator[None]:
    """Writes fail, as on a full disk, after a stage has written `after` files."""
    create = Folder.create
    run = stage.run
    written = 0
    inside = False

    def running(*arguments: Any) -> Any:
        nonlocal inside
        inside = True
        try:
            return run(*arguments)
        finally:
            inside = False

    @contextmanager
    def creating(self: Folder, relative: str, digests: Any) -> Iterator[Any]:
        nonlocal written
        with create(self, relative, digests) as file:
            yield file
            written += inside
            if inside and written > after:
                raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Folder, "create", creating)
        patch.setattr(stage, "run", running)
        yield


@pytest.mark.parametrize("stage", [type(stage) for stage in STAGES], ids=lambda stage: stage.name)
def test_a_full_disk_in_any_stage_is_reported_and_the_build_resumes(
    inputs: Path,
    built: Path,
    build: Build,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: type[Stage],
) -> None:
    out = tmp_path / "out"
    said = r"No space left on device.*free some space"
    with full_disk(monkeypatch, stage), pytest.raises(TaskError, match=said):
        build(inputs, out)
    assert not (out / "manifest.json").exists()
    assert digest(build(inputs, out)) == digest(built)


def test_finished_work_is_not_repeated(
    inputs: Path, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with full_disk(monkeypatch, EncodeParts), pytest.raises(TaskError):
        build(inputs, out)
    before = {path: path.stat().st_mtime_ns for path in (out / "documents").iterdir()}
    build(inputs, out)
    assert {path: path.stat().st_mtime_ns for path in (out / "documents").iterdir()} == before


def test_a_missing_file_of_a_finished_part_is_restored(
    inputs: Path,
    built: Path,
    build: Build,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = tmp_path / "out"
    with full_disk(monkeypatch, EncodeParts), pytest.raises(TaskError):
        build(inputs, out)
    documents = sorted((out / "documents").iterdir())
    documents[0].unlink()
    documents[1].write_bytes(documents[1].read_bytes()[:100])
    assert digest(build(inputs, out)) == digest(built)


def test_a_rule_that_raises_fails_its_part_and_names_the_file(
    inputs: Path,
    built: Path,
    build: Build,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from codecorpus.filters.alphabet_ratio import AlphabetRatio

    failures = AlphabetRatio.failures

    def raising(self: AlphabetRatio, signals: Any) -> Any:
        if 202 in signals["lines"].to_pylist():  # edited/table.py
            raise ZeroDivisionError("on purpose")
        return failures(self, signals)

    with monkeypatch.context() as patch:
        patch.setattr(AlphabetRatio, "failures", raising)
        with pytest.raises(TaskError, match=r"edited/table\.py: .*ZeroDivisionError: on purpose"):
            build(inputs, tmp_path / "out")
    parts = len(list((built / "documents").iterdir()))
    assert len(list((tmp_path / "out" / "documents").iterdir())) == parts - 1, "others went on"
    assert digest(build(inputs, tmp_path / "out")) == digest(built)


def test_a_complete_build_is_not_changed(
    inputs: Path, build: Build, digest: Digest, tmp_path: Path
) -> None:
    out = build(inputs, tmp_path / "out")
    before = digest(out)
    assert digest(build(inputs, out)) == before


def test_another_recipe_is_refused_with_the_differences(
    inputs: Path, built: Path, build: Build
) -> None:
    with pytest.raises(OutputConflictError, match=r"encode\.sequence_length: 512 -> 1024"):
        build(inputs, built, changes={"encode": {"sequence_length": 1024}})


def test_changed_inputs_are_refused_with_the_differences(
    inputs: Path, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "in"
    shutil.copytree(inputs, mine)
    with full_disk(monkeypatch, MatchCopies), pytest.raises(TaskError):
        build(mine, tmp_path / "out")
    (mine / "repositories" / "json" / "decoder.py").unlink()
    (mine / "repositories" / "json" / "new.py").write_text("x = 1\n")
    (mine / "repositories" / "json" / "tool.py").write_text("y = 1\n")
    with pytest.raises(OutputConflictError) as refused:
        build(mine, tmp_path / "out")
    for line in ("json/decoder.py: gone", "json/new.py: new", "json/tool.py: size or time changed"):
        assert line in str(refused.value)


def test_other_code_is_refused(
    inputs: Path, built: Path, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codecorpus.pipelines.stages.plan.code_version", lambda: "codecorpus 99")
    with pytest.raises(OutputConflictError, match=r"code: codecorpus .* -> codecorpus 99"):
        build(inputs, built)


def test_a_folder_with_something_else_is_refused(
    inputs: Path, build: Build, tmp_path: Path
) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(OutputConflictError, match=r"thesis\.tex"):
        build(inputs, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_second_build_in_the_same_folder_is_refused(
    inputs: Path, build: Build, tmp_path: Path
) -> None:
    (tmp_path / "out" / "log").mkdir(parents=True)
    with (tmp_path / "out" / "log" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(OutputConflictError, match="another build is running"):
            build(inputs, tmp_path / "out")


def test_an_empty_folder_is_an_error_that_names_it(build: Build, tmp_path: Path) -> None:
    (tmp_path / "repositories").mkdir()
    with pytest.raises(InputError, match="no input files found in repositories;"):
        build(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_missing_folder_is_a_wrong_recipe(build: Build, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="repositories"):
        build(tmp_path, tmp_path / "out")


def test_errors_say_whether_retrying_may_help() -> None:
    assert issubclass(StorageError, CodecorpusError)
    assert (UsageError.exit_code, StorageError.exit_code) == (2, 1)


def test_an_output_folder_within_the_input_is_not_read(
    inputs: Path, built: Path, build: Build, digest: Digest, tmp_path: Path
) -> None:
    mine = tmp_path / "in"
    shutil.copytree(inputs, mine)
    out = mine / "repositories" / "json" / "out"
    assert digest(build(mine, out)) == digest(built)
    assert digest(build(mine, out)) == digest(built), "and it is complete"
