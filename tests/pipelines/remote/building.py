"""A whole build in the calling process, or the beginning of one, and its digest."""

from pathlib import Path

from pipelines.build import prepare, tidy
from pipelines.curate import CurateParts
from pipelines.folders import open_folder
from pipelines.manifest import STAGES, WriteManifest
from pipelines.recipe.loading import load
from pipelines.remote.urls import Place
from pipelines.storage import combined_digest
from pipelines.tasks import list_tasks, perform, require_done


def build(recipe: Path, out: Place, *, tasks: int | None = None) -> bool:
    """Perform at most so many tasks; whether the build is complete."""
    left = 1 << 30 if tasks is None else tasks
    with prepare(load(str(recipe)), out) as prepared:
        for stage in (CurateParts(), *STAGES[1:], WriteManifest()):
            waiting = list_tasks(prepared.out, stage)
            require_done(stage.name, [perform(task) for task in waiting[:left]])
            left -= len(waiting)
            if left < 0:
                return False
        tidy(prepared.out)
    return True


def digest(out: Place) -> str:
    folder = open_folder(out)
    return combined_digest({name: folder.digest_of(name) for name in folder.files()})
