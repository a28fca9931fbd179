"""A part that always fails is named, the others continue, and `--skip-failed` skips it."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.inspection.report import print_report
from codecorpus.pipelines.inspection.why import print_explanation
from codecorpus.pipelines.stages import skip_failed
from codecorpus.pipelines.stages.base import Stage, TaskError
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.deduplicate.exact_similarity import ShingleDoubtful
from codecorpus.pipelines.stages.deduplicate.survivors import ChooseSurvivors
from codecorpus.pipelines.stages.encode import EncodeParts, NumberRows
from codecorpus.pipelines.stages.order import STAGES

Build = Callable[..., Path]
Digest = Callable[[Path], str]
CODE = "def f{0}(value):\n    return value + {0}\n\n"
BY_PART = [CurateParts, ShingleDoubtful, EncodeParts, NumberRows]


@pytest.fixture
def repositories(tmp_path: Path) -> Path:
    """Six repositories, each a part: a file of its own, a shared file, and a similar one."""
    for number in range(6):
        folder = tmp_path / "in" / "repositories" / f"r{number}"
        folder.mkdir(parents=True)
        shared = "".join(CODE.format(line) for line in range(60))
        begin = 1_000 * (number + 1)
        (folder / "own.py").write_text("".join(map(CODE.format, range(begin, begin + 60))))
        (folder / "near.py").write_text(f"{shared}# {number}\n")
        (folder / "shared.py").write_text(shared)
    return tmp_path / "in"


CHANGES = {"part_bytes": 12_000, "encode": {"sequence_length": 128}}


@contextmanager
def failing(
    monkeypatch: pytest.MonkeyPatch, stage: type[Stage], *parts: int, error: Exception | None = None
) -> Iterator[None]:
    """A stage always fails on some parts."""
    run = stage.run

    def running(self: Stage, build: Any, index: int, *arguments: Any) -> Any:
        if index in parts and build.plan.skipped_part(index) is None:
            raise error or ZeroDivisionError(f"on purpose in {build.folder.root}/x")
        return run(self, build, index, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(stage, "run", running)
        yield


def ledger_of(out: Path) -> list[dict[str, Any]]:
    tables = [pq.read_table(path) for path in sorted((out / "ledger").iterdir())]
    found: list[dict[str, Any]] = pa.concat_tables(tables).to_pylist()
    return found


@pytest.mark.parametrize(
    "stage",
    [
        EncodeParts,
        *(
            pytest.param(other, marks=pytest.mark.slow)
            for other in (CurateParts, ShingleDoubtful, NumberRows)
        ),
    ],
    ids=lambda stage: stage.artifacts.stage,
)
def test_a_failed_part_is_named_and_then_skipped_like_unreadable_input(
    repositories: Path,
    build: Build,
    verify: Callable[[Path], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stage: type[Stage],
) -> None:
    name = stage.artifacts.stage
    said = (
        rf"(?s)1 of 6 tasks of '{name}' failed:\n  {name} 0: ZeroDivisionError: on "
        r"purpose.*; part 0 of 6: 3 inputs, r0/near\.py to r0/shared\.py\n"
        r"the other tasks are done .*; run the same command again .*--skip-failed to finish"
    )
    out = tmp_path / "out"
    with failing(monkeypatch, stage, 0):
        with pytest.raises(TaskError, match=said):
            build(repositories, out, changes=CHANGES)
        assert len(list((out / "log" / "work" / stage.artifacts.stage).glob("?????.json"))) == 5
        build(repositories, out, changes=CHANGES, skip_failed=True)
    verify(out)
    manifest = json.loads((out / "manifest.json").read_bytes())
    assert manifest["skipped"] == [
        {
            "part": 0,
            "stage": name,
            "error": "ZeroDivisionError: on purpose in x",
            "source": "folder",
            "inputs": 3,
            "bytes": manifest["skipped"][0]["bytes"],
        }
    ]
    rows = ledger_of(out)
    reasons = {f"{row['repository']}/{row['path']}": row["reason"] for row in rows}
    assert len(rows) == 18
    assert reasons["r0/own.py"] == reasons["r0/shared.py"] == "unreadable.skipped"
    assert 0 not in {row["duplicate_of_part"] for row in rows}
    assert Counter(row["decision"] for row in rows) == {"kept": 6, "duplicate": 9, "unreadable": 3}
    assert manifest["parts"][0]["documents"] == manifest["parts"][0]["rows"] == 0


def test_a_resumed_build_skips_it_too(
    repositories: Path,
    build: Build,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with failing(monkeypatch, EncodeParts, 1, 4):
        whole = build(repositories, tmp_path / "whole", changes=CHANGES, skip_failed=True)
        fault = failing(monkeypatch, NumberRows, 3, error=OSError(5, "Input/output error"))
        with fault, pytest.raises(TaskError, match="Input/output error"):
            build(repositories, tmp_path / "out", changes=CHANGES, skip_failed=True)
        assert not (tmp_path / "out" / "manifest.json").exists()
        out = build(repositories, tmp_path / "out", changes=CHANGES, skip_failed=True)
    assert digest(out) == digest(whole)


def test_without_the_flag_it_is_tried_again(
    repositories: Path,
    build: Build,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = build(repositories, tmp_path / "whole", changes=CHANGES)
    fault = failing(monkeypatch, NumberRows, 3, error=OSError(5, "Input/output error"))
    broken = failing(monkeypatch, EncodeParts, 1)
    with broken, fault, pytest.raises(TaskError, match="Input/output error"):
        build(repositories, tmp_path / "out", changes=CHANGES, skip_failed=True)
    assert digest(build(repositories, tmp_path / "out", changes=CHANGES)) == digest(whole)


def test_a_full_disk_skips_no_part(
    repositories: Path, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OSError(28, "No space left on device")
    fault = failing(monkeypatch, CurateParts, 1, error=error)
    with fault, pytest.raises(TaskError, match=r"No space left(?!.*--skip-failed)"):
        build(repositories, tmp_path / "out", changes=CHANGES, skip_failed=True)


def test_a_stage_over_all_parts_says_that_no_part_can_be_skipped(
    repositories: Path, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = failing(monkeypatch, ChooseSurvivors, 0)
    with fault, pytest.raises(TaskError, match="--skip-failed cannot skip them"):
        build(repositories, tmp_path / "out", changes=CHANGES, skip_failed=True)


def test_a_build_of_failed_parts_only_is_refused(
    repositories: Path, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = failing(monkeypatch, CurateParts, *range(6))
    with fault, pytest.raises(TaskError, match=r"every part failed.*part 0 in 'curate'"):
        build(repositories, tmp_path / "out", changes=CHANGES, skip_failed=True)


def test_report_and_why_name_the_skipped_part(
    repositories: Path,
    build: Build,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with failing(monkeypatch, CurateParts, 5):
        out = build(repositories, tmp_path / "out", changes=CHANGES, skip_failed=True)
    print_report(out)
    report = capsys.readouterr().out
    assert "WITHOUT 1 of 6 parts, which failed (--skip-failed)" in report
    assert re.search(r"part 5 of folder, 3 inputs, .* MB: curate: ZeroDivisionError", report)
    print_explanation(out, "r5/own.py")
    story = capsys.readouterr().out
    assert "unreadable (unreadable.skipped)" in story
    assert "curate: ZeroDivisionError: on purpose" in story


@pytest.mark.slow
def test_if_killed_while_skipping_a_part_the_next_run_finishes(
    repositories: Path,
    build: Build,
    digest: Digest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "out"
    with failing(monkeypatch, EncodeParts, 1):
        whole = build(repositories, tmp_path / "whole", changes=CHANGES, skip_failed=True)
        for at in ("reset_skipped_parts", "_remove"):
            with monkeypatch.context() as patch:
                patch.setattr(skip_failed, at, killed)
                with pytest.raises(KeyboardInterrupt):
                    build(repositories, out, changes=CHANGES, skip_failed=True)
        build(repositories, out, changes=CHANGES, skip_failed=True)
    assert digest(out) == digest(whole)


def test_these_stages_work_on_parts() -> None:
    assert [type(stage) for stage in STAGES if stage.by_part] == BY_PART
