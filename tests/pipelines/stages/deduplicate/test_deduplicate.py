"""Deduplication of made-up files agrees with its definition, however they are split into parts."""

import dataclasses
import random
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.verification import estimate_similarity, matches_needed
from codecorpus.filters.ranking import FREEDOM
from codecorpus.pipelines.stages.arrays import map_array
from codecorpus.pipelines.stages.artifacts import CHOOSE_SURVIVORS, EXACT, KEPT, NEAR
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.deduplicate import candidate_pairs, pair_tasks
from codecorpus.pipelines.stages.deduplicate.candidate_pairs import ProposePairs, VerifyPairs
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import (
    number_files,
)
from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles
from codecorpus.pipelines.stages.order import DEDUPLICATE
from tests.pipelines.stages.deduplicate.made_up_files import (
    BANDS,
    SIZE,
    File,
    curated,
    perform_stages,
)


def deduplicated(build: Build) -> dict[str, np.ndarray[Any, Any]]:
    perform_stages(build, *DEDUPLICATE)
    names = ("kind", "similarity", "content_id", "of_content", "of_part", "of_row")
    return {name: map_array(build, CHOOSE_SURVIVORS.column(name)) for name in names}


def preferred(file: File) -> tuple[Any, ...]:
    """Sort key of the default policy."""
    names = [name for _, classes in FREEDOM for name in classes]
    classes = {name: rank for rank, (_, some) in enumerate(FREEDOM) for name in some}
    rank = len(FREEDOM) + 1
    if file.license is not None:
        rank = classes[file.license] if file.license in names else len(FREEDOM)
    stars = -1 if file.stars is None else file.stars
    name = [(part is None, part or "") for part in (file.repository, file.path)]
    return (file.source, -stars, rank, -file.size, file.content_id, file.source, *name)


def equal_positions(one: File, other: File) -> int:
    fields = np.frombuffer(one.sketch + other.sketch, np.uint8)[:, None] >> np.arange(0, 8, 2) & 3
    return int((fields[:SIZE] == fields[SIZE:]).sum())


def by_definition(files: list[File]) -> dict[File, tuple[int, File, float]]:
    """For each file its kind, the file kept instead, and the similarity, by the definition."""
    best: dict[int, File] = {}
    for file in sorted(files, key=preferred):
        best.setdefault(file.content, file)
    fate: dict[File, tuple[File, float]] = {}
    sketches: dict[bytes, File] = {}
    staying: list[File] = []
    for file in best.values():  # best first
        fate[file] = (file, 1.0)
        if not file.comparable:
            continue
        if (same := sketches.setdefault(file.sketch, file)) != file:
            fate[file] = fate[same] if fate[same][0] != same else (same, 1.0)
            continue
        for other in staying:
            agree = equal_positions(file, other)
            meet = any(a == b for a, b in zip(file.keys, other.keys, strict=True))
            if meet and agree >= matches_needed(0.85, SIZE):
                fate[file] = (other, float(estimate_similarity(np.array([agree]), SIZE)[0]))
                break
        else:
            staying.append(file)
    found = {}
    for file in files:
        of, similarity = fate[best[file.content]]
        first = best[file.content] == file
        kind = EXACT if not first else KEPT if of == file else NEAR
        found[file] = (kind, of, similarity)
    return found


@st.composite
def file_lists(draw: st.DrawFn) -> list[File]:
    """Few contents, sketches and keys, so that files meet; no two files are equal."""
    contents = draw(
        st.lists(
            st.builds(
                File,
                size=st.integers(1000, 1002),
                sketch=st.integers(0, 6).map(
                    lambda n: bytes([(0, 1, 5, 21, 85, 3, 2)[n]]) * 2 + bytes(SIZE - 2)
                ),
                comparable=st.booleans() | st.just(True),
                keys=st.tuples(*[st.integers(0, 3)] * BANDS),
            ),
            min_size=1,
            max_size=12,
        )
    )
    placed = st.tuples(
        st.integers(0, len(contents) - 1),
        st.integers(0, 2),
        st.none() | st.integers(0, 2),
        st.sampled_from([None, "mit", "gpl-3.0", "own"]),
        st.sampled_from([None, "x", "y"]),
        st.sampled_from([None, "p", "q"]),
    )
    return [
        dataclasses.replace(
            contents[c], content=c, source=s, stars=n, license=own, repository=r, path=p
        )
        for c, s, n, own, r, p in draw(st.lists(placed, max_size=30, unique=True))
    ]


def split(files: list[File], chance: random.Random) -> Iterator[list[File]]:
    """Any order, split anywhere; a part has one source, and some parts are empty."""
    files = sorted(files, key=lambda file: (file.source, chance.random()))
    for _, group in groupby(files, key=lambda file: (file.source, chance.random() < 0.8)):
        yield list(group)
        if chance.random() < 0.2:
            yield []


@settings(max_examples=20)
@given(file_lists(), st.randoms(use_true_random=False))
def test_any_split_into_parts_agrees_with_the_definition(
    files: list[File], chance: random.Random
) -> None:
    expected = by_definition(files)
    parts = list(split(files, chance)) or [[]]
    with tempfile.TemporaryDirectory() as folder:
        found = deduplicated(curated(Path(folder), parts))
        at = 0
        for part in parts:
            for file in part:
                kind, of, similarity = expected[file]
                assert found["kind"][at] == kind
                assert found["similarity"][at] == similarity
                assert found["content_id"][at].tobytes() == file.content_id
                named = parts[found["of_part"][at]][found["of_row"][at] // 7]
                assert named == (file if kind == KEPT else of)
                assert found["of_content"][at].tobytes() == named.content_id
                at += 1
        assert at == len(found["kind"])


@pytest.mark.parametrize(
    "limits",
    [{"_KEYS_PER_TASK": 50}, {"_PAIRS_PER_TASK": 1000}, {"_SKETCH_BYTES": 2 * SIZE * 9}],
    ids=lambda limits: next(iter(limits)),
)
def test_smaller_tasks_give_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, int]
) -> None:
    chance = random.Random(5)
    files = [
        File(
            content=number,
            path=str(number),
            size=1000 + number,
            sketch=bytes([chance.randrange(4)]) * 2 + bytes(SIZE - 3) + bytes([number % 16]),
            keys=tuple(chance.choice([3, 1 << 63, (1 << 64) - 1]) for _ in range(BANDS)),
        )
        for number in range(300)
    ]
    whole = curated(tmp_path / "whole", [files])
    expected = deduplicated(whole)
    assert {KEPT, NEAR} <= set(expected["kind"].tolist())
    stages = (ProposePairs(), VerifyPairs())
    tasks = [len(stage.weights(whole)) for stage in stages]
    for name, value in limits.items():
        module = candidate_pairs if name == "_SKETCH_BYTES" else pair_tasks
        monkeypatch.setattr(module, name, value)
    build = curated(tmp_path / "cut", [files])
    found = deduplicated(build)
    assert all((expected[name] == found[name]).all() for name in expected)
    if "_SKETCH_BYTES" not in limits:
        assert [len(stage.weights(build)) for stage in stages] > tasks


def test_without_exact_every_file_is_a_content_of_its_own(tmp_path: Path) -> None:
    build = curated(tmp_path, [[File(stars=1), File(stars=2)]], exact=False, near=False)
    content, best = number_files(build, KeptFiles(build))
    assert content.tolist() == [1, 0]
    assert best.tolist() == [1, 0]
    assert deduplicated(build)["kind"].tolist() == [KEPT, KEPT]


def test_sketches_with_equal_hashes_are_merged_only_if_equal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def colliding(sketches: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.zeros((2, len(sketches)), np.uint64)

    monkeypatch.setattr(
        "codecorpus.pipelines.stages.deduplicate.exact_duplicates.hash_sketches", colliding
    )
    different = b"\xff" * SIZE
    files = [
        File(content=1, size=9, keys=(1,) * BANDS),
        File(content=2, size=8, keys=(2,) * BANDS, sketch=different),
        File(content=3, size=7, keys=(3,) * BANDS),
    ]
    found = deduplicated(curated(tmp_path, [[file] for file in files]))
    assert found["kind"].tolist() == [KEPT, KEPT, NEAR]
    assert found["of_part"].tolist() == [0, 1, 0]


@pytest.mark.slow
def test_hundreds_of_thousands_of_files_in_clusters_of_all_kinds(tmp_path: Path) -> None:
    from benchmarks import deduplicate_at_scale as scale
    from benchmarks.synthetic_sketches import make
    from codecorpus.pipelines.engines.process_pool import ProcessPool

    contents = 200_000
    corpus = make(tmp_path, contents, 0.85, 1)
    with ProcessPool(0) as here:
        stages = list(scale.run_stages(tmp_path, here))
    assert [name for name, *_ in stages] == [stage.name for stage in DEDUPLICATE]
    sums = scale.check(tmp_path, corpus)
    assert sums["propose pairs: capped"] >= 1
    # 64 % of the contents are similar to no other, and 5 % are all alike
    assert contents * 0.64 < sums["kept"] < contents - corpus.same_sketch
