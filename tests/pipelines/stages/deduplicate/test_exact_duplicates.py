"""Files are numbered by preference, and contents by their best file."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.stages.arrays import map_array
from codecorpus.pipelines.stages.artifacts import MATCH_COPIES, NOT_COMPARED
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import (
    MatchCopies,
    content_words,
    find_identical_sketches,
    number_files,
    preference_order,
)
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles
from tests.pipelines.stages.deduplicate.made_up_files import SIZE, File, curated, perform_stages


def ranked(tmp_path: Path, parts: list[list[File]], **deduplicate: Any) -> list[str | None]:
    """The paths of the files, the preferred first."""
    build = curated(tmp_path, parts, **deduplicate)
    files = KeptFiles(build)
    order = preference_order(build, files, content_words(files))
    paths = [file.path for part in parts for file in part]
    return [paths[number] for number in order]


def test_unknown_stars_and_licences_come_last(tmp_path: Path) -> None:
    files = [
        File(path="neither"),
        File(path="licence", license="mit"),
        File(path="no stars", stars=0),
        File(path="stars", stars=9),
        File(path="stars and licence", stars=9, license="gpl-3.0"),
    ]
    expected = ["stars and licence", "stars", "no stars", "licence", "neither"]
    assert ranked(tmp_path, [files]) == expected


def test_the_recipe_sets_the_order_of_preference(tmp_path: Path) -> None:
    parts = [
        [File(path="small", source=0, stars=5, size=10)],
        [File(path="large", source=1, stars=1, size=20)],
    ]
    assert ranked(tmp_path / "a", parts) == ["small", "large"]
    assert ranked(tmp_path / "b", parts, prefer=["size", "source"]) == ["large", "small"]


def test_ties_are_broken_by_content_then_source_then_names_then_row(tmp_path: Path) -> None:
    one, other = sorted((File(content=c) for c in (1, 2)), key=lambda file: file.content_id)
    parts = [
        [dataclasses.replace(other, path="7"), dataclasses.replace(one, path=None)],
        [dataclasses.replace(one, repository="z", path="5")],
        [dataclasses.replace(one, path="4"), dataclasses.replace(one, path="3")],
        [dataclasses.replace(one, path="3"), dataclasses.replace(one, source=0, path="2")],
        [dataclasses.replace(one, source=1, repository="a", path="6")],
    ]
    found = ranked(tmp_path, parts, prefer=["stars"])
    assert found == ["2", "3", "3", "4", None, "5", "6", "7"]


def test_identical_copies_are_ordered_by_part_and_row(tmp_path: Path) -> None:
    build = curated(tmp_path, [[File(), File()], [File()]])
    files = KeptFiles(build)
    assert preference_order(build, files, content_words(files)).tolist() == [0, 1, 2]


def test_contents_are_numbered_by_their_best_file(tmp_path: Path) -> None:
    files = [
        File(content=1, stars=1),
        File(content=2, stars=3),
        File(content=1, stars=5),
        File(content=3, stars=2),
    ]
    build = curated(tmp_path, [files[:3], files[3:]])
    content, best = number_files(build, KeptFiles(build))
    assert content.tolist() == [0, 1, 0, 2]
    assert best.tolist() == [2, 1, 3]


def test_content_words_sort_as_the_ids(tmp_path: Path) -> None:
    files = [File(content=content) for content in range(20)]
    words = content_words(KeptFiles(curated(tmp_path, [files[:7], files[7:]])))
    ids = [file.content_id for file in files]
    assert np.lexsort(words[::-1]).tolist() == sorted(range(20), key=ids.__getitem__)


def test_files_of_a_repository_of_an_earlier_source_are_not_numbered(tmp_path: Path) -> None:
    parts = [
        [File(content=1, repository="o/a")],
        [File(content=2, source=1, repository="o/a"), File(content=1, source=1, repository="o/b")],
    ]
    build = curated(tmp_path, parts)
    content, best = number_files(build, KeptFiles(build))
    assert content.tolist() == [0, NOT_COMPARED, 0]
    assert best.tolist() == [0]


SKETCHES = st.sampled_from([bytes(SIZE), b"\1" * SIZE, b"\2" * SIZE])


@settings(max_examples=25)
@given(st.lists(st.tuples(SKETCHES, st.booleans()), min_size=1, max_size=12))
def test_contents_with_one_sketch_are_represented_by_the_best(
    tmp_path_factory: pytest.TempPathFactory, contents: list[tuple[bytes, bool]]
) -> None:
    files = [
        File(content=number, size=100 - number, sketch=sketch, comparable=comparable)
        for number, (sketch, comparable) in enumerate(contents)
    ]
    build = curated(tmp_path_factory.mktemp("sketches"), [files[::2], files[1::2]])
    kept = KeptFiles(build)
    _, best = number_files(build, kept)
    representative, comparable = find_identical_sketches(kept, best)
    assert comparable.tolist() == [known for _, known in contents]
    expected = [
        contents.index((sketch, True)) if known else number
        for number, (sketch, known) in enumerate(contents)
    ]
    assert representative.tolist() == expected


def test_ranks_are_numbers_of_the_contents_that_are_compared(tmp_path: Path) -> None:
    files = [
        File(content=1, size=1),
        File(content=2, size=4, comparable=False),
        File(content=3, size=3, sketch=b"\1" * SIZE),
        File(content=4, size=2),
        File(content=3, size=2, path="copy", sketch=b"\1" * SIZE),
    ]
    build = curated(tmp_path, [files])
    perform_stages(build, MatchCopies())
    summary = build.summary(MATCH_COPIES, 0)
    assert (summary["documents"], summary["contents"], summary["compared"]) == (5, 4, 2)
    assert map_array(build, MATCH_COPIES.compared).tolist() == [1, 2]  # of contents, best first
    assert map_array(build, MATCH_COPIES.file).tolist() == [2, 3]
    none = NOT_COMPARED
    assert map_array(build, MATCH_COPIES.rank).tolist() == [none, none, 0, 1, none]
