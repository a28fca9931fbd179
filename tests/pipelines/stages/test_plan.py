"""The plan: what it keeps, and which differences it finds."""

import os
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.errors import InputError, StorageError
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.stages import plan as module
from codecorpus.pipelines.stages.plan import (
    Plan,
    PlannedPart,
    SkippedPart,
    changes,
    make_plan,
    plan_parts,
)
from codecorpus.pipelines.storage.folder import Folder

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
COUNT = st.integers(0, 2**40)
PLANS = st.builds(
    Plan,
    base=TEXT,
    code=TEXT,
    vocabulary=TEXT,
    parts=st.lists(st.builds(PlannedPart, COUNT, COUNT, COUNT, TEXT), max_size=3).map(tuple),
    opted_out=st.lists(TEXT, max_size=3).map(tuple),
    skipped=st.lists(st.builds(SkippedPart, COUNT, TEXT, TEXT), max_size=3).map(tuple),
)


@given(PLANS)
def test_a_plan_reads_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, plan: Plan
) -> None:
    folder = Folder(tmp_path_factory.mktemp("plan"))
    plan.write(folder)
    assert Plan.read(folder) == plan


@pytest.fixture
def recipe() -> Recipe:
    sources = [{"type": "folder", "name": name, "paths": [name]} for name in ("one", "two")]
    return Recipe.model_validate({"name": "small", "sources": sources, "part_bytes": 4000})


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Two sources of three files, each file about half a part."""
    for source in ("one", "two"):
        folder = tmp_path / "in" / source / "repository"
        folder.mkdir(parents=True)
        for name in ("a.py", "b.py", "c.py"):
            (folder / name).write_text("x = 1\n" * 300)
            os.utime(folder / name, (1, 1))
    return tmp_path / "in"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "out")


def test_parts_follow_the_sources_in_order(recipe: Recipe, base: Path, folder: Folder) -> None:
    plan = make_plan(recipe, base, "v", folder)
    assert [part.source for part in plan.parts] == sorted(part.source for part in plan.parts)
    assert {part.source for part in plan.parts} == {0, 1}
    assert len(plan.parts) > 2
    names: list[str] = []
    for index, (part, (source, inputs)) in enumerate(
        zip(plan.parts, plan_parts(recipe, base, folder), strict=True)
    ):
        stored = plan.inputs(folder, index)
        assert stored.equals(inputs)
        assert (part.source, part.inputs) == (source, len(inputs))
        assert part.size == sum(inputs["size"].to_pylist())
        names += inputs["name"].to_pylist()
    assert names == [f"repository/{name}.py" for name in "abc"] * 2
    assert make_plan(recipe, base, "v", folder) == plan


def test_only_inputs_that_were_lost_are_written_again(
    recipe: Recipe, base: Path, folder: Folder
) -> None:
    plan = make_plan(recipe, base, "v", folder)
    paths = [folder.path(f"log/plan/part-{part:05d}.arrow") for part in range(len(plan.parts))]
    stamps = [path.stat().st_mtime_ns for path in paths]
    paths[1].unlink()
    with pytest.raises(StorageError, match=r"part-00001\.arrow: .*run the same command again"):
        plan.inputs(folder, 1)
    assert "part-00001.arrow" in plan.describe(folder, 1)
    assert make_plan(recipe, base, "v", folder, old=plan) == plan
    assert plan.inputs(folder, 1)
    kept = [path.stat().st_mtime_ns for path in paths]
    assert [old == new for old, new in zip(stamps, kept, strict=True)].count(False) == 1


def test_a_part_is_described_by_its_first_and_last_input(
    recipe: Recipe, base: Path, folder: Folder
) -> None:
    large = recipe.model_copy(update={"part_bytes": 1 << 20})
    plan = make_plan(large, base, "v", folder)
    expected = "part 1 of 2: 3 inputs, repository/a.py to repository/c.py"
    assert plan.describe(folder, 1) == expected


def test_without_inputs_there_is_nothing_to_read(recipe: Recipe, folder: Folder) -> None:
    nothing: list[tuple[int, pa.Table]] = []
    with pytest.raises(InputError, match="one, two"):
        make_plan(recipe, Path("/"), "v", folder, parts=nothing)


def test_skipped_parts_are_found_by_number() -> None:
    skipped = SkippedPart(4, "encode", "x")
    plan = Plan("/", "c", "v", ()).with_skipped((skipped,))
    assert plan.skipped_part(4) == skipped
    assert plan.skipped_part(3) is None
    assert plan.with_skipped(()).skipped == ()


def test_the_same_plan_has_no_changes(recipe: Recipe, base: Path, folder: Folder) -> None:
    plan = make_plan(recipe, base, "v", folder)
    assert changes(recipe, folder, plan, make_plan(recipe, base, "v", folder, old=plan)) == []


def test_another_code_vocabulary_or_list_is_named(
    recipe: Recipe, base: Path, folder: Folder
) -> None:
    plan = make_plan(recipe, base, "v", folder)
    new = replace(plan, code="newer", vocabulary="w", opted_out=("owner",))
    found = changes(recipe, folder, plan, new)
    assert found[:2] == [f"code: {plan.code} -> newer", "vocabulary: v -> w"]
    assert found[2].startswith("opt_out: 0 entries -> 1")
    assert len(found) == 3


def test_every_input_that_differs_is_named(recipe: Recipe, base: Path, folder: Folder) -> None:
    plan = make_plan(recipe, base, "v", folder)
    repository = base / "two" / "repository"
    (repository / "a.py").unlink()
    (repository / "b.py").write_text("y = 1\n" * 301)
    (repository / "d.py").write_text("z = 1\n" * 300)
    for source in ("one",):  # names are compared through all sources
        for name in ("a.py", "b.py", "c.py"):
            (base / source / "repository" / name).unlink()
        (base / source / "repository" / "e.py").write_text("e = 1\n" * 300)
    found = changes(recipe, folder, plan, make_plan(recipe, base, "v", folder, old=plan))
    assert found == [
        "input repository/a.py: gone",
        "input repository/b.py: size or time changed",
        "input repository/d.py: new",
        "input repository/e.py: new",
    ]


def test_five_inputs_are_shown(
    recipe: Recipe, base: Path, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(recipe, base, "v", folder)
    for number in range(7):
        (base / "one" / "repository" / f"new{number}.py").write_text("x = 1\n")
    new = make_plan(recipe, base, "v", folder, old=plan)
    assert changes(recipe, folder, plan, new)[-1] == "and 2 more inputs"
    monkeypatch.setattr(module, "_SHOWN_CHANGES", 7)
    assert len(changes(recipe, folder, plan, new)) == 7


def test_other_parts_of_the_same_inputs_are_named(
    recipe: Recipe, base: Path, folder: Folder
) -> None:
    plan = make_plan(recipe, base, "v", folder)
    larger = recipe.model_copy(update={"part_bytes": 1 << 20})
    new = make_plan(larger, base, "v", folder, old=plan)
    assert changes(larger, folder, plan, new) == ["inputs: split into other parts"]
