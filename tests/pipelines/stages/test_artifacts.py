"""File names are distinct, so that no stage overwrites what another one wrote."""

import inspect
from collections.abc import Iterator

import pytest

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.pipelines.recipe.model import Near
from codecorpus.pipelines.stages import artifacts
from codecorpus.pipelines.stages.artifacts import (
    BATCH_DECISIONS,
    CHOOSE_SURVIVORS,
    CURATE,
    WORK,
    Artifacts,
    kept_files_schema,
)
from codecorpus.pipelines.stages.dedup_result import COLUMNS

ALL = [value for value in vars(artifacts).values() if isinstance(value, Artifacts)]


def names(stage: Artifacts[object]) -> Iterator[str]:
    """Every name that a stage has for a file of its tasks 0 and 1."""
    for method, _ in inspect.getmembers(type(stage), inspect.isfunction):
        if method == "column":
            yield from (CHOOSE_SURVIVORS.column(name) for name in (*COLUMNS, "offsets"))
        elif not method.startswith("_"):
            yield from (getattr(stage, method)(task) for task in (0, 1))
    for name, _ in inspect.getmembers(type(stage), lambda member: isinstance(member, property)):
        if name != "folder":
            yield getattr(stage, name)


def test_every_file_name_of_every_stage_is_distinct() -> None:
    found = [name for stage in ALL for name in names(stage)]
    assert len(found) > 2 * len(ALL)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize("stage", ALL, ids=lambda stage: stage.stage)
def test_files_are_in_the_folder_of_their_stage(stage: Artifacts[object]) -> None:
    assert stage.folder == f"{WORK}/{stage.stage}"
    assert {name.rpartition("/")[0] for name in names(stage)} == {stage.folder}


def test_names_of_tasks_sort_as_numbers() -> None:
    assert CURATE.marker(3).endswith("/00003.json")
    tasks = [9, 10, 99, 100, 12_345]
    assert sorted(map(CURATE.kept_files, tasks)) == [CURATE.kept_files(task) for task in tasks]


def test_decisions_lack_only_the_columns_of_the_part() -> None:
    assert {"source", "part"}.isdisjoint(BATCH_DECISIONS.names)
    assert {"row", "path", "content_id", "reason"} <= set(BATCH_DECISIONS.names)


def test_kept_files_have_a_key_for_each_band_that_the_recipe_needs() -> None:
    near = Near(threshold=0.7, permutations=64)
    keys = [name for name in kept_files_schema(near).names if name.startswith("band_")]
    assert len(keys) == choose_bands(0.7, 64).bands
    assert "sketch" not in kept_files_schema(None).names
