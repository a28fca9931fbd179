"""Builds in the calling process, complete or stopped early, and their digest."""

from pathlib import Path

from codecorpus.pipelines.corpus.manifest import combined_digest, digests_of
from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.resume import clean_up, prepare
from codecorpus.pipelines.stages.base import list_tasks, perform, require_done
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.locations import Location


def build(recipe: Path, out: Location, *, tasks: int | None = None) -> bool:
    """Run at most `tasks` tasks; return whether the build is complete."""
    left = 1 << 30 if tasks is None else tasks
    with prepare(load(str(recipe)), out) as prepared:
        for stage in STAGES:
            waiting = list_tasks(prepared.out, stage)
            require_done([perform(task) for task in waiting[:left]])
            left -= len(waiting)
            if left < 0:
                return False
        clean_up(prepared.out)
    return True


def digest(out: Location) -> str:
    folder = open_folder(out)
    return combined_digest(digests_of(folder))
