"""Into how many tasks the pairs of a build are split, which follows from their number alone."""

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.pipelines.stages.artifacts import MATCH_COPIES, PROPOSE_PAIRS
from codecorpus.pipelines.stages.context import Build

_KEYS_PER_TASK = 1 << 24
"""Keys of a band that one task sorts at once, which takes about 0.6 GB."""

_PAIRS_PER_TASK = 1 << 24
"""Pairs that one task verifies, duplicates between bands counted."""


def key_ranges(build: Build) -> int:
    """The number of ranges that the keys of each band are split into."""
    compared = build.summary(MATCH_COPIES, 0)["compared"]
    return max(-(-compared // _KEYS_PER_TASK), 1)


def propose_tasks(build: Build) -> int:
    """The number of tasks that propose pairs: one for each key range of each band."""
    near = build.recipe.deduplicate.near
    if not near:
        return 0
    return choose_bands(near.threshold, near.permutations).bands * key_ranges(build)


def proposed_pairs(build: Build) -> list[int]:
    """How many pairs each of these tasks has written."""
    tasks = range(propose_tasks(build))
    return [build.summary(PROPOSE_PAIRS, task)["pairs"] for task in tasks]


def verify_tasks(build: Build) -> int:
    """The number of tasks that verify pairs, and of those that settle the doubtful ones."""
    return -(-sum(proposed_pairs(build)) // _PAIRS_PER_TASK)
