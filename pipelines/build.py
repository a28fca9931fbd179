"""A build: the whole pipeline at a glance, and how an interrupted one goes on.

    parts | Curate        part  -> documents, decisions, sketches
          | Deduplicate   content ids, then bands -> verified pairs -> survivors
          | Encode        part  -> rows -> shard, final ledger
          | Manifest      the summaries add up, or the build fails

Elements are tasks and outcomes, a few words each; the data lies in the output folder. Each stage
leaves a marker for each task that is done, so the same command goes on where an earlier one ended.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import apache_beam as beam

from codecorpus.foundation.errors import StorageError, UsageError
from codecorpus.pipelines.corpus.layout import MANIFEST, PLAN
from codecorpus.pipelines.engines.beam import RequireDone, RunStage
from codecorpus.pipelines.engines.heartbeat import SIGNS
from codecorpus.pipelines.engines.run_lock import RUN, sole_build
from codecorpus.pipelines.engines.worker import Run
from codecorpus.pipelines.recipe.diff import differences
from codecorpus.pipelines.recipe.loader import LoadedRecipe
from codecorpus.pipelines.resume import remove_copies
from codecorpus.pipelines.stages.base import Outcome
from codecorpus.pipelines.stages.context import FAILED, WORK, Build
from codecorpus.pipelines.stages.curate import CurateParts
from codecorpus.pipelines.stages.deduplicate.survivors import (
    ChooseSurvivors,
    MatchCopies,
    ProposePairs,
    SettlePairs,
    ShingleDoubtful,
    VerifyPairs,
)
from codecorpus.pipelines.stages.encode import EncodeParts, NumberRows
from codecorpus.pipelines.stages.manifest import WriteManifest
from codecorpus.pipelines.stages.plan import Plan, changes, make_plan
from codecorpus.pipelines.stages.skip_failed import settle
from codecorpus.pipelines.stages.vocabulary import obtain_vocabulary
from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.errors import OutputConflictError
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Location


class Curate(beam.PTransform):  # type: ignore[misc]
    """Parts to documents."""

    def __init__(self, run: Run, *, strict: bool) -> None:
        super().__init__()
        self._run, self._strict = run, strict

    def expand(self, start: beam.PCollection) -> beam.PCollection:
        """Each part is read, filtered and written by one task."""
        return start | "Parts" >> RunStage(self._run, CurateParts(strict=self._strict), None)


class Deduplicate(beam.PTransform):  # type: ignore[misc]
    """Sketches to survivors."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def expand(self, curated: beam.PCollection) -> beam.PCollection:
        """Copies first, so that they count once; then bands, pairs, and the choice."""
        return (
            curated
            | "Match copies" >> RunStage(self._run, MatchCopies(), CurateParts.name)
            | "Propose pairs" >> RunStage(self._run, ProposePairs(), MatchCopies.name)
            | "Verify pairs" >> RunStage(self._run, VerifyPairs(), ProposePairs.name)
            | "Shingle doubtful" >> RunStage(self._run, ShingleDoubtful(), VerifyPairs.name)
            | "Settle pairs" >> RunStage(self._run, SettlePairs(), ShingleDoubtful.name)
            | "Choose survivors" >> RunStage(self._run, ChooseSurvivors(), SettlePairs.name)
        )


class Encode(beam.PTransform):  # type: ignore[misc]
    """Documents to training rows."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def expand(self, deduplicated: beam.PCollection) -> beam.PCollection:
        """Each part becomes a shard; then rows are numbered through all of them."""
        return (
            deduplicated
            | "Parts" >> RunStage(self._run, EncodeParts(), ChooseSurvivors.name)
            | "Number rows" >> RunStage(self._run, NumberRows(), EncodeParts.name)
        )


def pipeline(
    out: str,
    options: beam.options.pipeline_options.PipelineOptions,
    *,
    strict: bool,
    run: str | None = None,
) -> beam.Pipeline:
    """The graph of a planned build.

    Args:
        out: the output folder.
        options: Beam's.
        strict: fail on damaged input instead of counting it.
        run: as `Prepared.run`; None: tasks do not ask whether another run has begun.
    """
    in_run = Run(out, run)
    graph = beam.Pipeline(options=options)
    (
        graph
        | "Start" >> beam.Create([Outcome("plan")])
        | "Curate" >> Curate(in_run, strict=strict)
        | "Deduplicate" >> Deduplicate(in_run)
        | "Encode" >> Encode(in_run)
        | "Manifest" >> RunStage(in_run, WriteManifest(), NumberRows.name)
        | "Require" >> RequireDone(in_run, WriteManifest.name)
    )
    return graph


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
        OutputConflictError: the folder holds something else, or a build of other inputs, code or
            recipe.
    """
    folder = open_folder(out.absolute() if isinstance(out, Path) else out)
    begun = _look_inside(folder)
    with sole_build(folder) as run:
        vocabulary = obtain_vocabulary(loaded.recipe, loaded.base)
        folder.remove("log/tmp")
        old = Plan.read(folder) if begun else None
        plan = make_plan(loaded.recipe, loaded.base, vocabulary.fingerprint, folder, old=old)
        if old:
            _require_same(loaded, folder, old, plan)
            tokenizer = vocabulary.tokenizer_json()
            if not folder.holds("tokenizer.json", len(tokenizer)):
                folder.write_bytes("tokenizer.json", tokenizer, {})
        else:
            Build.describe(folder, loaded.recipe, plan, vocabulary)
        complete = _is_complete(folder)
        if not complete:
            settle(str(folder.root), skip_failed=skip_failed)
        yield Prepared(str(folder.root), run, begun, complete)


def tidy(out: str) -> None:
    """Remove what only the stages of a complete build needed."""
    build = Build.load(out)
    errors = [] if build.plan.skipped else ["log/errors"]
    for name in (WORK, FAILED, "log/tmp", SIGNS, RUN, *errors):
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
    strange = [name for name in names if name not in {"log", "recipe.yaml", "tokenizer.json"}]
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
        text = folder.read_bytes("recipe.yaml").decode()
        found = differences(text, loaded.recipe.to_yaml())
    except (OSError, ValueError, UsageError) as error:
        raise StorageError(
            f"{folder.where('recipe.yaml')}: damaged ({error}); remove {folder.root} to build anew"
        ) from error
    if not found:
        found = changes(loaded.recipe, folder, old, plan)
    if found:
        lines = "\n".join(f"  {line}" for line in found)
        raise OutputConflictError(
            f"{folder.root} holds a build that differs from this one:\n{lines}\n"
            "give another --out, or remove that folder to build anew"
        )
