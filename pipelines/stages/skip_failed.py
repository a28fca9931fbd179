"""`--skip-failed`: finish a build without the parts that failed.

A part that fails at any stage is skipped at all stages, as if none of its inputs could be read.
So no file is removed as a duplicate of a file that is missing, and the result does not depend on
how far the part got. The plan lists the skipped parts, so a resumed build skips them too; without
the flag it tries them again. The results of later stages are removed before the part's own marker,
so if the run is killed in between, the next run finishes the job.
"""

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.stages.artifacts import CURATE
from codecorpus.pipelines.stages.base import TaskError
from codecorpus.pipelines.stages.context import FAILED, Build
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.stages.plan import SkippedPart


def skip_failed_parts(out: str) -> list[SkippedPart]:
    """Skip the parts that failed in this run, and return those that were not skipped before.

    Raises:
        TaskError: no part would be left.
    """
    build = Build.load(out)
    known = {skipped.part for skipped in build.plan.skipped}
    new = [skipped for skipped in _failed(build) if skipped.part not in known]
    if not new:
        return []
    skipped = sorted((*build.plan.skipped, *new), key=lambda skipped: skipped.part)
    if len(skipped) == len(build.plan.parts):
        shown = new[0]
        raise TaskError(
            f"every part failed, so --skip-failed would leave nothing; part {shown.part} in "
            f"{shown.stage!r}: {shown.error}"
        )
    build.plan.with_skipped(tuple(skipped)).write(build.folder)
    reset_skipped_parts(out, skip_failed=True)
    return new


def reset_skipped_parts(out: str, *, skip_failed: bool) -> None:
    """Remove results that do not match the skipped parts, before stages list their tasks.

    Args:
        out: the output folder of a planned build.
        skip_failed: skip the parts that the plan lists; otherwise try them again.
    """
    build = Build.load(out)
    build.folder.remove(FAILED)
    for skipped in build.plan.skipped:
        marker = build.marker(CURATE, skipped.part)
        if not skip_failed or marker is None or "skipped" not in marker:
            for stage in STAGES:
                if stage.artifacts is not CURATE:
                    _remove(build, stage.artifacts.folder)
            _remove(build, CURATE.marker(skipped.part))
    if build.plan.skipped and not skip_failed:
        build.plan.with_skipped(()).write(build.folder)


def _remove(build: Build, name: str) -> None:
    """Remove a file or folder and check that it is gone: stale results must not count as done.

    Raises:
        StorageError: it could not be removed.
    """
    build.folder.remove(name)
    if build.folder.exists(name):
        raise StorageError(
            f"{build.folder.where(name)}: cannot be removed; allow that, then run the same command "
            "again"
        )


def _failed(build: Build) -> list[SkippedPart]:
    notes = {
        name: build.folder.read_json(f"{FAILED}/{name}") for name in build.folder.names(FAILED)
    }
    return [SkippedPart(int(name.partition(".")[0]), **note) for name, note in notes.items()]
