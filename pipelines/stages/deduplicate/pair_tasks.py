"""The number of tasks that propose and verify pairs, which depends on the number of pairs alone."""

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.pipelines.stages.artifacts import MATCH_COPIES, PROPOSE_PAIRS
from codecorpus.pipelines.stages.context import Build

_KEYS_PER_TASK = 1 << 24
"""Keys of a band that one task sorts, which takes about 0.6 GB."""

_PAIRS_PER_TASK = 1 << 24
"""Pairs that one task verifies, counting repetitions in other bands."""


def key_ranges(build: Build) -> int:
    """Number of ranges that the keys of each band are split into."""
    compared = build.summary(MATCH_COPIES, 0)["compared"]
    return max(-(-compared // _KEYS_PER_TASK), 1)


def propose_tasks(build: Build) -> int:
    """Number of tasks that propose pairs: one for each key range of each band."""
    near = build.recipe.deduplicate.near
    if not near:
        return 0
    return choose_bands(near.threshold, near.permutations).bands * key_ranges(build)


def proposed_pairs(build: Build) -> list[int]:
    """Number of pairs that each of these tasks wrote."""
    tasks = range(propose_tasks(build))
    return [build.summary(PROPOSE_PAIRS, task)["pairs"] for task in tasks]


def verify_tasks(build: Build) -> int:
    """Number of tasks that verify pairs, which is also the number that settle doubtful pairs."""
    return -(-sum(proposed_pairs(build)) // _PAIRS_PER_TASK)
