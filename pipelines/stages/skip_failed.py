"""`--skip-failed`: a build ends without the parts that failed.

A part that is left out at any stage is left out at all of them, as if its inputs held nothing that
can be read: so no file goes as a duplicate of one that is not there, and the answer does not depend
on how far the part got. The plan names the parts, so a resumed build goes on without them too;
without the flag it tries them again. What later stages made of such a part is dropped before its
own marker is, so a run that is killed in between does the rest the next time.
"""

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.stages.artifacts import CURATE
from codecorpus.pipelines.stages.base import TaskError
from codecorpus.pipelines.stages.context import FAILED, Build
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.stages.plan import SkippedPart


def leave_out_failed(out: str) -> list[SkippedPart]:
    """Go on without the parts that failed in this run; those that were not left out before.

    Raises:
        TaskError: nothing would be left.
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
    build.plan.without(tuple(skipped)).write(build.folder)
    settle(out, skip_failed=True)
    return new


def settle(out: str, *, skip_failed: bool) -> None:
    """Make the folder agree with what is left out, before stages list their tasks.

    Args:
        out: the output folder of a planned build.
        skip_failed: leave the parts out that the plan names; otherwise try them again.
    """
    build = Build.load(out)
    build.folder.remove(FAILED)
    for skipped in build.plan.skipped:
        marker = build.marker(CURATE, skipped.part)
        if not skip_failed or marker is None or "skipped" not in marker:
            for stage in STAGES:
                if stage.artifacts is not CURATE:
                    _drop(build, stage.artifacts.folder)
            _drop(build, CURATE.marker(skipped.part))
    if build.plan.skipped and not skip_failed:
        build.plan.without(()).write(build.folder)


def _drop(build: Build, name: str) -> None:
    """Remove a file or folder for certain: what was made with a part must not be taken for done.

    Raises:
        StorageError: it still stands.
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
