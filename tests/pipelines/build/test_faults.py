"""When storage fails, an error names the file, and the next run restores what was lost."""

import errno
import json
import os
import random
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from codecorpus.foundation.errors import CodecorpusError, StorageError
from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.resume import prepare
from codecorpus.pipelines.stages.base import Stage, TaskError, list_tasks, perform, require_done
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.storage.digests import HashingFile

T = TypeVar("T")

Build = Callable[..., Path]
Digest = Callable[[Path], str]
Fault = Callable[[pytest.MonkeyPatch], None]
ALL_STAGES: tuple[Stage, ...] = STAGES
CHANGES = {"part_bytes": 32_768, "encode": {"sequence_length": 128}}


@pytest.fixture(scope="module")
def small(
    build: Build, digest: Digest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """Several parts with near duplicates, and the digest of their build."""
    folder = tmp_path_factory.mktemp("small")
    chance = random.Random(3)
    for number in range(4):
        repository = folder / "repositories" / f"r{number}"
        repository.mkdir(parents=True)
        for name in range(4):
            lines = [
                f"def f{name}_{line}(value):\n    return value + {line}\n" for line in range(150)
            ]
            for line in chance.sample(range(150), 8 * number):
                lines[line] = f"# {number} {line}\n"
            (repository / f"{name}.py").write_text("".join(lines))
    return folder, digest(build(folder, folder / "whole", changes=CHANGES))


def write_fails(number: int) -> Fault:
    """Every write fails after part of the data is on the disk."""

    def inject(patch: pytest.MonkeyPatch) -> None:
        write = HashingFile.write

        def failing(self: HashingFile, data: Any) -> int:
            write(self, memoryview(data).cast("B")[:10])
            raise OSError(number, os.strerror(number))

        patch.setattr(HashingFile, "write", failing)

    return inject


def rename_fails(patch: pytest.MonkeyPatch) -> None:
    def failing(self: Path, _target: Path) -> Path:
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(self))

    patch.setattr(Path, "replace", failing)


def write_loses(patch: pytest.MonkeyPatch) -> None:
    """The disk reports no error, but loses the last bytes."""
    close = HashingFile.close

    def losing(self: HashingFile) -> None:
        if not self.closed and self.tell():
            self._file.truncate(self.tell() - 1)
        close(self)

    patch.setattr(HashingFile, "close", losing)


FAULTS: dict[str, tuple[Fault, str]] = {
    "write": (
        write_fails(errno.EIO),
        "Input/output error; fix this, then run the same command again",
    ),
    "full": (write_fails(errno.ENOSPC), "No space left on device; free some space"),
    "rename": (rename_fails, "Input/output error"),
    "loses": (write_loses, "bytes written, .* arrived"),
}


def finals(out: Path) -> set[str]:
    return {path.as_posix() for path in out.rglob("*") if path.is_file()}


def some_slow(values: Iterable[T], *, always: Collection[int]) -> list[Any]:
    """Values of a parameter; all but those at the given positions are marked as slow."""
    return [
        value if index in always else pytest.param(value, marks=pytest.mark.slow)
        for index, value in enumerate(values)
    ]


@pytest.mark.parametrize("turn", some_slow(range(len(FAULTS)), always={0}))
def test_a_fault_in_any_stage_is_named_and_the_next_run_resumes(
    small: tuple[Path, str],
    build: Build,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    turn: int,
) -> None:
    """One fault in each stage; over all turns, every stage meets every fault."""
    inputs, expected = small
    loaded = load(str(inputs / "recipe.yaml"))
    for number, stage in enumerate(ALL_STAGES, turn):
        inject, said = FAULTS[list(FAULTS)[number % len(FAULTS)]]
        with prepare(loaded, tmp_path / "out") as prepared:
            tasks = list_tasks(prepared.out, stage)
            before = finals(tmp_path / "out")
            with monkeypatch.context() as patch:
                inject(patch)
                outcomes = [perform(task) for task in tasks]
            assert outcomes, stage.name
            with pytest.raises(TaskError, match=rf"{re.escape(str(tmp_path))}/out/.+: .*{said}"):
                require_done(outcomes)
            assert [outcome.name for outcome in outcomes if outcome.error is None] == []
            appeared = {Path(name) for name in finals(tmp_path / "out") - before}
            assert not any(path.suffix == ".json" for path in appeared), "no marker"
            require_done([perform(task) for task in tasks])
    assert digest(build(inputs, tmp_path / "out", changes=CHANGES)) == expected


@contextmanager
def stopped_before(
    inputs: Path, out: Path, last: Stage
) -> Iterator[tuple[str, Callable[[], list[str]]]]:
    """Build all stages before the given one; yields the errors of trying that one."""
    with prepare(load(str(inputs / "recipe.yaml")), out) as prepared:
        for stage in ALL_STAGES:
            if stage.name == last.name:
                break
            require_done([perform(task) for task in list_tasks(prepared.out, stage)])

        def attempt() -> list[str]:
            try:
                outcomes = [perform(task) for task in list_tasks(prepared.out, last)]
            except StorageError as error:
                return [str(error)]
            return [outcome.error for outcome in outcomes if outcome.error]

        yield prepared.out, attempt


def data_files(out: Path) -> list[Path]:
    """The files that the markers of all finished tasks list."""
    markers = sorted((out / "log" / "work").glob("*/*.json"))
    return [out / name for marker in markers for name in json.loads(marker.read_bytes())["files"]]


@pytest.mark.parametrize("stage", some_slow(ALL_STAGES[1:], always={0, 6}), ids=lambda s: s.name)
def test_truncated_or_missing_data_is_named_or_restored(
    small: tuple[Path, str], build: Build, digest: Digest, tmp_path: Path, stage: Stage
) -> None:
    """Truncate any file of any stage, between two stages of one run and before the next run."""
    inputs, expected = small
    chance = random.Random(stage.name)
    out = tmp_path / "out"
    with stopped_before(inputs, out, stage) as (_, attempt):
        victim = chance.choice(data_files(out))
        if chance.random() < 0.5:
            victim.unlink()
        else:
            os.truncate(victim, victim.stat().st_size // 2)
        for error in attempt():  # the stage may not read that file
            assert str(victim) in error
            assert "run the same command again" in error
    assert digest(build(inputs, out, changes=CHANGES)) == expected


def test_a_marker_without_data_and_data_without_a_marker(
    small: tuple[Path, str], build: Build, digest: Digest, tmp_path: Path
) -> None:
    inputs, expected = small
    with stopped_before(inputs, tmp_path / "out", ALL_STAGES[-1]) as (out, _):
        chance = random.Random(1)
        markers = sorted((Path(out) / "log" / "work").glob("*/*.json"))
        for marker in chance.sample(markers, len(markers) // 4):
            marker.unlink()
        for data in chance.sample(data_files(Path(out)), 5):
            data.unlink()
        for marker in chance.sample(sorted((Path(out) / "log/work").glob("*/*.json")), 5):
            marker.write_bytes(marker.read_bytes()[: chance.randrange(100)])
    assert digest(build(inputs, tmp_path / "out", changes=CHANGES)) == expected


def test_a_damaged_recipe_or_plan_is_named_or_restored(
    small: tuple[Path, str], build: Build, digest: Digest, tmp_path: Path
) -> None:
    inputs, expected = small
    out = tmp_path / "out"
    with stopped_before(inputs, out, ALL_STAGES[0]) as (_, attempt):
        for path in (out / "log" / "plan").glob("*.arrow"):
            os.truncate(path, 100)
        assert all("log/plan/part-0000" in error for error in attempt())
    (out / "tokenizer.json").write_text("{")
    (out / "manifest.json").write_text('{"format": 1')
    assert digest(build(inputs, out, changes=CHANGES)) == expected
    for name in ("log/plan/plan.json", "recipe.yaml"):
        text = (out / name).read_bytes()
        (out / name).write_bytes(text[:-20] + b"\xff")
        with pytest.raises(StorageError, match=name):
            build(inputs, out, changes=CHANGES)
        (out / name).write_bytes(text)


def test_storage_errors_exit_with_status_1() -> None:
    assert (StorageError.exit_code, CodecorpusError.exit_code) == (1, 1)
