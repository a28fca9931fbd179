"""Pairs are proposed where keys are equal, and verdicts by how many positions are equal."""

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from codecorpus.filters.near_duplicates.candidates import unpack_pairs
from codecorpus.filters.near_duplicates.verification import doubtful_range, matches_needed
from codecorpus.pipelines.stages.arrays import map_array
from codecorpus.pipelines.stages.artifacts import MATCH_COPIES, PROPOSE_PAIRS, VERIFY_PAIRS
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.deduplicate import pair_tasks
from codecorpus.pipelines.stages.deduplicate.candidate_pairs import ProposePairs, VerifyPairs
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import MatchCopies
from tests.pipelines.stages.deduplicate.made_up_files import (
    BANDS,
    SIZE,
    File,
    curated,
    perform_stages,
)

MARGIN = 0.5


@pytest.fixture
def files() -> list[File]:
    """Best first; few sketches and keys, so that many pairs meet."""
    chance = random.Random(7)
    return [
        File(
            content=number,
            size=1000 - number,
            sketch=bytes(chance.choice([0, 0, 0, 1, 2]) for _ in range(SIZE - 1)) + bytes([number]),
            keys=tuple(chance.choice([1, 5, 1 << 40, (1 << 64) - 1]) for _ in range(BANDS)),
        )
        for number in range(30)
    ]


@pytest.fixture
def verified(files: list[File], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    monkeypatch.setattr(pair_tasks, "_KEYS_PER_TASK", 8)
    monkeypatch.setattr(pair_tasks, "_PAIRS_PER_TASK", 200)
    near = {"near": {"permutations": SIZE, "exact_margin": MARGIN}}
    build = curated(tmp_path, [files[:11], files[11:]], **near)
    perform_stages(build, MatchCopies(), ProposePairs(), VerifyPairs())
    assert map_array(build, MATCH_COPIES.file).tolist() == list(range(30))  # ranks are numbers
    return build


def pairs_of(build: Build, names: list[str]) -> list[tuple[int, int]]:
    found = np.concatenate([map_array(build, name) for name in names])
    return list(zip(*(numbers.tolist() for numbers in unpack_pairs(found)), strict=True))


def meeting(files: list[File]) -> list[tuple[int, int]]:
    return [
        (better, worse)
        for better, worse in itertools.combinations(range(len(files)), 2)
        if any(a == b for a, b in zip(files[better].keys, files[worse].keys, strict=True))
    ]


def equal_positions(one: File, other: File) -> int:
    values = np.frombuffer(one.sketch + other.sketch, np.uint8).reshape(2, -1)
    return sum(
        int(np.count_nonzero((values[0] >> shift & 3) == (values[1] >> shift & 3)))
        for shift in range(0, 8, 2)
    )


def test_each_band_proposes_the_pairs_that_share_its_key(
    verified: Build, files: list[File]
) -> None:
    tasks = len(ProposePairs().weights(verified))
    ranges = tasks // BANDS
    assert ranges > 1
    for band in range(BANDS):
        names = [PROPOSE_PAIRS.pairs(band * ranges + part) for part in range(ranges)]
        expected = [
            (better, worse)
            for better, worse in itertools.combinations(range(len(files)), 2)
            if files[better].keys[band] == files[worse].keys[band]
        ]
        assert sorted(pairs_of(verified, names)) == expected


def test_every_proposed_pair_is_judged_once_by_its_sketches(
    verified: Build, files: list[File]
) -> None:
    tasks = range(len(VerifyPairs().weights(verified)))
    assert len(tasks) > 1
    low, high = doubtful_range(0.85, SIZE, errors=MARGIN)
    expected: dict[str, list[tuple[int, int]]] = {"similar": [], "doubtful": []}
    for better, worse in meeting(files):
        equal = equal_positions(files[better], files[worse])
        if low <= equal <= high:
            expected["doubtful"].append((better, worse))
        elif equal >= matches_needed(0.85, SIZE):
            expected["similar"].append((better, worse))
    similar = pairs_of(verified, [VERIFY_PAIRS.similar(task) for task in tasks])
    unsure = pairs_of(verified, [VERIFY_PAIRS.doubtful(task) for task in tasks])
    assert similar == expected["similar"]
    assert unsure == expected["doubtful"]
    assert unsure
    assert similar
    compared = sum(verified.summary(VERIFY_PAIRS, task)["pairs"] for task in tasks)
    assert compared == len(meeting(files))
    matches = np.concatenate([map_array(verified, VERIFY_PAIRS.matches(t)) for t in tasks])
    assert matches.tolist() == [equal_positions(files[a], files[b]) for a, b in similar]


def test_the_files_in_doubtful_pairs_are_listed_once(verified: Build) -> None:
    for task in range(len(VerifyPairs().weights(verified))):
        pairs = pairs_of(verified, [VERIFY_PAIRS.doubtful(task)])
        listed = map_array(verified, VERIFY_PAIRS.doubtful_files(task)).tolist()
        assert listed == sorted({number for pair in pairs for number in pair})
