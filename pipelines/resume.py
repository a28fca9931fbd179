"""Begin or resume a build: plan it, refuse other recipes, inputs or code, clean up at the end."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from codecorpus.foundation.errors import StorageError, UsageError
from codecorpus.pipelines.corpus.layout import LOG, MANIFEST, PLAN, RECIPE, TOKENIZER
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
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Location, is_remote


@dataclass(frozen=True)
class Prepared:
    """A planned build; `resumed` and `complete` say what was found in the folder.

    Attributes:
        run: names this run of the command: workers perform no tasks of an earlier one.
    """

    out: str
    run: str
    resumed: bool
    complete: bool


@contextlib.contextmanager
def prepare(
    loaded: LoadedRecipe, out: Location, *, skip_failed: bool = False
) -> Iterator[Prepared]:
    """Plan a build, or check that a begun one may go on; holds the folder's lock.

    What a begun one has lost of its description is written again.

    Args:
        loaded: the recipe.
        out: the output folder.
        skip_failed: leave the parts out that an earlier run left out, instead of trying them again.

    Raises:
        OutputConflictError: the folder has other files, or a build that differs.
    """
    folder = open_folder(out.absolute() if isinstance(out, Path) else out)
    begun = _look_inside(folder)
    with exclusive_run(folder) as run:
        vocabulary = obtain_vocabulary(loaded.recipe, loaded.base)
        folder.remove("log/tmp")
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
    """Remove what only the stages of a complete build needed."""
    build = Build.load(out)
    errors = [] if build.plan.skipped else ["log/errors"]
    for name in (WORK, FAILED, "log/tmp", HEARTBEATS, RUN_FILE, *errors):
        build.folder.remove(name)
    remove_copies(build.folder, build.recipe)


def _look_inside(folder: Folder) -> bool:
    """Whether a build was begun here.

    Raises:
        OutputConflictError: something else lies here.
    """
    if folder.exists(PLAN):
        return True
    try:
        names = folder.names()
    except NotADirectoryError as error:
        raise OutputConflictError(
            f"{folder.root} is a file; give --out a folder that is empty or new"
        ) from error
    strange = [name for name in names if name not in {LOG, RECIPE, TOKENIZER}]
    if strange:
        raise OutputConflictError(
            f"{folder.root} holds {', '.join(strange[:3])} but no build of ours; "
            "give --out a folder that is empty or new"
        )
    return False


def _is_complete(folder: Folder) -> bool:
    """Whether a whole manifest stands; half of one, after a power cut, is written anew."""
    with contextlib.suppress(StorageError):
        return isinstance(folder.read_json(MANIFEST), dict)
    return False


def _require_same(loaded: LoadedRecipe, folder: Folder, old: Plan, plan: Plan) -> None:
    """Refuse to go on with a build of other inputs, code or recipe.

    Raises:
        OutputConflictError: names what differs.
        StorageError: the folder's own recipe is damaged.
    """
    try:
        text = folder.read_bytes(RECIPE).decode()
        found = differences(text, loaded.recipe.to_yaml())
    except (OSError, ValueError, UsageError) as error:
        raise StorageError(
            f"{folder.where(RECIPE)}: damaged ({error}); remove {folder.root} to build anew"
        ) from error
    if not found:
        found = changes(loaded.recipe, folder, old, plan)
    if found:
        lines = "\n".join(f"  {line}" for line in found)
        raise OutputConflictError(
            f"{folder.root} holds a build that differs from this one:\n{lines}\n"
            "give another --out, or remove that folder to build anew"
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
