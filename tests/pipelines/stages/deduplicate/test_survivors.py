"""A file goes only if it is an exact copy, or is itself similar to a file that stays."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.stages.arrays import map_array, write_array
from codecorpus.pipelines.stages.artifacts import (
    CHOOSE_SURVIVORS,
    EARLIER,
    EXACT,
    KEPT,
    NEAR,
    PROPOSE_PAIRS,
    SETTLE_PAIRS,
    VERIFY_PAIRS,
)
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.dedup_result import COLUMNS
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import MatchCopies
from codecorpus.pipelines.stages.deduplicate.pair_tasks import propose_tasks
from codecorpus.pipelines.stages.deduplicate.survivors import ChooseSurvivors
from tests.pipelines.stages.deduplicate.made_up_files import SIZE, File, curated, perform_stages

FILES = 9
PAIRS = [(better, worse) for worse in range(FILES) for better in range(worse)]
BY_SKETCH, BY_TEXT = 0.75, 0.9


def write_pairs(build: Build, pairs: list[tuple[int, int]]) -> None:
    """Leave the pairs as similar, every other one as settled by the texts."""
    for task in range(propose_tasks(build)):
        count = len(pairs) if task == 0 else 0
        build.write_marker(PROPOSE_PAIRS, task, {"pairs": count}, {})
    words = np.array([better << 32 | worse for better, worse in sorted(pairs)], np.uint64)
    sketch, text = words[::2], words[1::2]
    matches = np.full(len(sketch), 52, np.uint16)  # of 64: estimated as (52/64 - 1/4) / (3/4)
    for name, array in (
        (VERIFY_PAIRS.similar(0), sketch),
        (VERIFY_PAIRS.matches(0), matches),
        (SETTLE_PAIRS.similar(0), text),
        (SETTLE_PAIRS.jaccard(0), np.full(len(text), BY_TEXT)),
    ):
        write_array(build, name, array, {})


def results(build: Build) -> dict[str, np.ndarray]:
    return {name: map_array(build, CHOOSE_SURVIVORS.column(name)) for name in COLUMNS}


@settings(max_examples=12)
@given(st.sets(st.sampled_from(PAIRS)))
def test_a_file_is_a_duplicate_of_the_best_similar_file_that_stays(
    tmp_path_factory: pytest.TempPathFactory, pairs: set[tuple[int, int]]
) -> None:
    files = [
        File(content=number, size=100 - number, sketch=bytes([number]) * SIZE)
        for number in range(FILES)
    ]
    build = curated(tmp_path_factory.mktemp("survivors"), [files[:4], files[4:]])
    perform_stages(build, MatchCopies())
    write_pairs(build, sorted(pairs))
    perform_stages(build, ChooseSurvivors())
    found = results(build)
    similarity = {pair: BY_TEXT if at % 2 else BY_SKETCH for at, pair in enumerate(sorted(pairs))}
    staying: list[int] = []
    for worse in range(FILES):
        of = next((better for better in staying if (better, worse) in pairs), None)
        kind = KEPT if of is None else NEAR
        assert found["kind"][worse] == kind
        named = worse if of is None else of
        assert found["similarity"][worse] == (1.0 if of is None else similarity[named, worse])
        assert found["of_content"][worse].tobytes() == files[named].content_id
        assert found["of_part"][worse] == (0 if named < 4 else 1)
        assert found["of_row"][worse] == 7 * (named if named < 4 else named - 4)
        if of is None:
            staying.append(worse)
    assert build.summary(CHOOSE_SURVIVORS, 0)["kept"] == len(staying)
    assert map_array(build, CHOOSE_SURVIVORS.column("offsets")).tolist() == [0, 4, FILES]


def test_a_copy_names_the_survivor_of_its_content(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    files = [
        File(content=1, size=3, repository="o/a"),
        File(content=2, size=2, sketch=b"\1" * SIZE),
        File(content=2, size=1, sketch=b"\1" * SIZE, path="copy"),
    ]
    earlier = File(content=3, source=1, repository="o/a", sketch=b"\2" * SIZE)
    build = curated(tmp_path_factory.mktemp("copies"), [files, [earlier]])
    perform_stages(build, MatchCopies())
    write_pairs(build, [(0, 1)])
    perform_stages(build, ChooseSurvivors())
    found = results(build)
    assert found["kind"].tolist() == [KEPT, NEAR, EXACT, EARLIER]
    assert found["of_row"].tolist() == [0, 0, 0, 0]
    assert found["of_part"].tolist() == [0, 0, 0, 1]
    assert found["similarity"].tolist() == [1.0, BY_SKETCH, BY_SKETCH, 1.0]
