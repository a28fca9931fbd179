"""Lines that say how far a build on an engine is."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from codecorpus.pipelines.engines.progress_log import ProgressLog
from codecorpus.pipelines.storage.folder import Folder


@pytest.fixture
def said() -> io.StringIO:
    return io.StringIO()


def mark(folder: Path, stage: str, index: int) -> None:
    path = folder / "log" / "work" / stage / f"{index:05d}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("{}")


def test_a_line_when_a_stage_begins_and_when_it_ends(tmp_path: Path, said: io.StringIO) -> None:
    lines = ProgressLog(Folder(tmp_path), Console(file=said))
    assert lines.update() == (0, 0)
    for index in range(3):
        mark(tmp_path, "curate", index)
        assert lines.update() == (0, index + 1)
    mark(tmp_path, "match copies", 0)
    lines.update()
    assert said.getvalue().splitlines() == [
        "curate: 1 done",
        "curate: 3 done",
        "match copies: 1 done",
    ]


def test_a_stage_without_tasks_is_passed_over(tmp_path: Path, said: io.StringIO) -> None:
    lines = ProgressLog(Folder(tmp_path), Console(file=said))
    mark(tmp_path, "curate", 0)
    mark(tmp_path, "encode", 0)
    lines.update()
    assert said.getvalue().splitlines() == ["curate: 1 done", "encode: 1 done"]


def test_other_files_of_a_stage_are_no_tasks(tmp_path: Path, said: io.StringIO) -> None:
    mark(tmp_path, "curate", 0)
    (tmp_path / "log" / "work" / "curate" / "part-00000.arrow").write_text("")
    assert ProgressLog(Folder(tmp_path), Console(file=said)).update() == (0, 1)
