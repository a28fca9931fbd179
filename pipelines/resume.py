"""Begin or resume a build: plan it, refuse other recipes, inputs or code, clean up at the end."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codecorpus.foundation.errors import StorageError, UsageError
from codecorpus.pipelines.corpus.layout import ERRORS, LOG, MANIFEST, PLAN, RECIPE, TOKENIZER
from codecorpus.pipelines.engines.heartbeat import HEARTBEATS
from codecorpus.pipelines.engines.run_lock import RUN_FILE, exclusive_run
from codecorpus.pipelines.recipe.diff import differences
from codecorpus.pipelines.recipe.loader import LoadedRecipe
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.stages.artifacts import WORK
from codecorpus.pipelines.stages.context import FAILED, Build
from codecorpus.pipelines.stages.plan import Plan, changes, make_plan
from codecorpus.pipelines.stages.skip_failed import reset_skipped_parts
from codecorpus.pipelines.stages.vocabulary import obtain_vocabulary
from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.folder import TEMPORARY, Folder
from codecorpus.pipelines.storage.locations import Location, is_remote


@dataclass(frozen=True)
class Prepared:
    """A planned build; `resumed` and `complete` say what was found in the folder.

    Attributes:
        out: the output folder.
        run: the name of this run; workers perform no tasks of an earlier run.
    """

    out: str
    run: str
    resumed: bool
    complete: bool


@contextlib.contextmanager
def prepare(
    loaded: LoadedRecipe, out: Location, *, skip_failed: bool = False
) -> Iterator[Prepared]:
    """Plan a build, or check that an interrupted one may be resumed; holds the folder's lock.

    Files of the description that an interrupted build has lost are written again.

    Args:
        loaded: the recipe.
        out: the output folder.
        skip_failed: leave out the parts that an earlier run left out, instead of retrying them.

    Raises:
        OutputConflictError: the folder has other files, or a build that differs.
    """
    folder = open_folder(out.absolute() if isinstance(out, Path) else out)
    begun = _look_inside(folder)
    with exclusive_run(folder) as run:
        vocabulary = obtain_vocabulary(loaded.recipe, loaded.base)
        folder.remove(TEMPORARY)
        old = Plan.read(folder) if begun else None
        plan = make_plan(loaded.recipe, loaded.base, vocabulary.fingerprint, folder, old=old)
        if old:
            _require_same(loaded, folder, old, plan)
            tokenizer = vocabulary.tokenizer_json()
            if not folder.holds(TOKENIZER, len(tokenizer)):
                folder.write_bytes(TOKENIZER, tokenizer, {})
        else:
            Build.describe(folder, loaded.recipe, plan, vocabulary)
        complete = _is_complete(folder)
        if not complete:
            reset_skipped_parts(str(folder.root), skip_failed=skip_failed)
        yield Prepared(str(folder.root), run, begun, complete)


def clean_up(out: str) -> None:
    """Remove the files that only the stages needed, once the build is complete."""
    build = Build.load(out)
    errors = [] if build.plan.skipped else [ERRORS]
    for name in (WORK, FAILED, TEMPORARY, HEARTBEATS, RUN_FILE, *errors):
        build.folder.remove(name)
    remove_copies(build.folder, build.recipe)


def _look_inside(folder: Folder) -> bool:
    """Whether a build was started here.

    Raises:
        OutputConflictError: the folder contains something else.
    """
    if folder.exists(PLAN):
        return True
    try:
        names = folder.names()
    except NotADirectoryError as error:
        raise OutputConflictError(
            f"{folder.root} is a file; give --out an empty or new folder"
        ) from error
    strange = [name for name in names if name not in {LOG, RECIPE, TOKENIZER}]
    if strange:
        raise OutputConflictError(
            f"{folder.root} contains {', '.join(strange[:3])} but no build; "
            "give --out an empty or new folder"
        )
    return False


def _is_complete(folder: Folder) -> bool:
    """Whether there is a whole manifest; a truncated one, after a power cut, is written again."""
    with contextlib.suppress(StorageError):
        return isinstance(folder.read_json(MANIFEST), dict)
    return False


def _require_same(loaded: LoadedRecipe, folder: Folder, old: Plan, plan: Plan) -> None:
    """Refuse to resume a build of other inputs, code or another recipe.

    Raises:
        OutputConflictError: lists what differs.
        StorageError: the folder's own recipe is damaged.
    """
    try:
        text = folder.read_bytes(RECIPE).decode()
        found = differences(text, loaded.recipe.to_yaml())
    except (OSError, ValueError, UsageError) as error:
        raise StorageError(
            f"{folder.where(RECIPE)}: damaged ({error}); remove {folder.root} to start over"
        ) from error
    if not found:
        found = changes(loaded.recipe, folder, old, plan)
    if found:
        lines = "\n".join(f"  {line}" for line in found)
        raise OutputConflictError(
            f"{folder.root} contains a build that differs from this one:\n{lines}\n"
            "choose another --out, or remove that folder to start over"
        )


def remove_copies(folder: Folder, recipe: Recipe) -> None:
    """Remove the copies of remote files that a build needed on this machine's disk."""
    if any(map(is_remote, _inputs(recipe))):
        from codecorpus.pipelines.storage import local_cache  # local builds do not need it

        local_cache.remove("inputs")
    folder.remove_copies()


def _inputs(recipe: Recipe) -> Iterator[str]:
    """All paths and URLs that a recipe reads."""
    yield recipe.encode.vocabulary
    yield recipe.opt_out or ""
    for source in recipe.sources:
        yield from source.paths
        yield getattr(source, "metadata", None) or ""
