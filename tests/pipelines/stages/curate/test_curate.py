"""One part: its records become documents, kept files and decisions, which add up."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.corpus.schemas import DECISIONS, DOCUMENTS
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.stages.artifacts import CURATE
from codecorpus.pipelines.stages.base import Task, list_tasks, perform
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.plan import SkippedPart, make_plan
from codecorpus.pipelines.storage.folder import Folder

FILES = {
    "a.py": b"x = 1\n",
    "b.py": b"y = 2\n",
    "c.py": b"\0\0",
    "d.png": b"\x89PNG",
    "e.go": b"package main\n",
}


@pytest.fixture
def planned(tmp_path: Path) -> Build:
    repository = tmp_path / "in" / "source" / "repository"
    repository.mkdir(parents=True)
    for name, data in FILES.items():
        (repository / name).write_bytes(data)
    source = {"type": "folder", "name": "mine", "paths": ["source"]}
    recipe = Recipe.model_validate(
        {"name": "small", "sources": [source], "languages": ["Python"], "comment_sample": 1.0}
    )
    folder = Folder(tmp_path / "out")
    folder.write_bytes("recipe.yaml", recipe.to_yaml().encode(), {})
    make_plan(recipe, tmp_path / "in", "v", folder).write(folder)
    return Build.load(str(folder.root))


def curate(build: Build, **options: Any) -> str | None:
    [task] = list_tasks(str(build.folder.root), CurateParts(**options))
    return perform(task).error


def decisions(build: Build) -> list[dict[str, Any]]:
    table = pq.read_table(build.folder.path(CURATE.decisions(0)))
    assert table.schema == DECISIONS
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def test_every_record_has_a_decision_and_every_kept_one_a_document(planned: Build) -> None:
    assert curate(planned) is None
    rows = decisions(planned)
    assert {row["path"]: row["reason"] for row in rows} == {
        "a.py": None,
        "b.py": None,
        "c.py": "unreadable.binary",
        "d.png": "language.not_source",
        "e.go": "language.not_selected",
    }
    assert {(row["source"], row["part"]) for row in rows} == {("mine", 0)}
    documents = pq.read_table(planned.folder.path("documents/part-00000-of-00001.parquet"))
    assert documents.schema == DOCUMENTS
    assert documents["text"].to_pylist() == ["x = 1\n", "y = 2\n"]
    with pa.memory_map(str(planned.folder.path(CURATE.kept_files(0)))) as file:
        kept = pa.ipc.open_file(file).read_all()
    assert kept["content_id"].to_pylist() == documents["content_id"].to_pylist()
    summary = planned.summary(CURATE, 0)
    assert (summary["records"], summary["read"], summary["documents"]) == (5, 4, 2)
    assert summary["bytes"] == sum(len(data) for name, data in FILES.items() if name != "d.png")
    assert set(planned.files(CURATE, 0)) == {
        "documents/part-00000-of-00001.parquet",
        CURATE.decisions(0),
        CURATE.kept_files(0),
    }


def test_weights_are_bytes_of_input(planned: Build) -> None:
    assert CurateParts().weights(planned) == [part.size for part in planned.plan.parts]


def test_strict_fails_a_part_with_damaged_input(planned: Build, tmp_path: Path) -> None:
    (tmp_path / "in" / "source" / "repository" / "b.py").unlink()  # planned, then gone
    error = str(curate(planned, strict=True))
    assert "repository/b.py: unreadable.io: " in error
    assert "--strict was given" in error
    assert planned.marker(CURATE, 0) is None


def test_damaged_input_is_listed_in_the_log(planned: Build, tmp_path: Path) -> None:
    (tmp_path / "in" / "source" / "repository" / "b.py").unlink()
    assert curate(planned) is None
    [line] = planned.folder.read_bytes("log/unreadable/00000.jsonl").splitlines()
    row = json.loads(line)
    assert (row["path"], row["error"]) == ("b.py", "unreadable.io")
    assert {row["path"]: row["reason"] for row in decisions(planned)}["b.py"] == "unreadable.io"


def test_of_a_skipped_part_only_the_inputs_are_listed(planned: Build) -> None:
    skipped = SkippedPart(0, "encode", "no space")
    planned.plan.with_skipped((skipped,)).write(planned.folder)
    build = Build.load(str(planned.folder.root))
    assert perform(Task(str(build.folder.root), CurateParts(), 0, 1)).error is None
    assert [row["path"] for row in decisions(build)] == list(FILES)
    assert {row["reason"] for row in decisions(build)} == {"unreadable.skipped"}
    summary = build.summary(CURATE, 0)
    assert (summary["skipped"], summary["records"], summary["read"]) == ("encode", 5, 0)
