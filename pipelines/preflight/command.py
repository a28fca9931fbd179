"""`codecorpus preflight`: list the inputs, draw and build a sample, estimate, print."""

import json
import os
import tempfile
import uuid
from pathlib import Path

from rich.console import Console

from codecorpus.foundation.errors import InputError, InterruptedBuildError, StorageError, UsageError
from codecorpus.pipelines.engines.process_pool import ProcessPool
from codecorpus.pipelines.engines.progress_bar import ProgressBar
from codecorpus.pipelines.inspection.report import terminal
from codecorpus.pipelines.preflight.cost import estimate_disk_usage
from codecorpus.pipelines.preflight.estimates import Estimator
from codecorpus.pipelines.preflight.inputs import MAX_CONTAINER_BYTES, Listing, list_inputs
from codecorpus.pipelines.preflight.result import FetchedBytes, Prediction
from codecorpus.pipelines.preflight.sample import build_sample, read_records
from codecorpus.pipelines.preflight.tables import print_prediction
from codecorpus.pipelines.preflight.timing import estimate_times, fetched_by_tasks
from codecorpus.pipelines.recipe.loader import LoadedRecipe, load
from codecorpus.pipelines.resume import remove_copies
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.plan import plan_parts
from codecorpus.pipelines.stages.vocabulary import obtain_vocabulary
from codecorpus.pipelines.storage import transfer_stats
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.transfer_stats import TransferStats

_SUBSAMPLES = (0.25, 0.5, 1.0)
"""Limits of the subsamples, as fractions of the sample's limit."""


def run_preflight(
    recipe: str,
    *,
    inputs: list[str],
    rate: float | None,
    seed: int,
    workers: int | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Predict the results of a recipe's build, and print the prediction.

    Raises:
        CodecorpusError: the recipe, an input or a task is wrong; no files are left behind.
    """
    if rate is not None and not 0 < rate <= 1:
        raise UsageError(
            f"--rate {rate:g}: expected a fraction of the files, above 0 and at most 1"
        )
    try:
        with ProcessPool(workers or os.cpu_count() or 1) as pool:
            loaded = load(recipe, input_paths=inputs or None)
            with ProgressBar(Console(stderr=True, highlight=False)) as display:
                pool.listener = display
                prediction = predict(loaded, pool, rate=rate, seed=seed)
    except InterruptedBuildError as error:
        raise InterruptedBuildError("interrupted; nothing was written") from error
    text = json.dumps(prediction.to_json(), indent=1, ensure_ascii=False) + "\n"
    if out is not None:
        _write(out, text)
    if as_json:
        Console(soft_wrap=True).file.write(text)
    else:
        print_prediction(prediction, terminal())


def predict(
    loaded: LoadedRecipe,
    pool: ProcessPool,
    *,
    rate: float | None = None,
    seed: int = 0,
    max_container_bytes: int = MAX_CONTAINER_BYTES,
) -> Prediction:
    """Predict the results of a build by building a sample in a temporary folder.

    Args:
        loaded: the recipe.
        pool: runs the tasks.
        rate: the probability that a file is drawn; None: chosen to draw about 10,000 files.
        seed: each seed draws another sample.
        max_container_bytes: limit on the bytes of archives and data sets that are read, unless
            `rate` requires more.

    Raises:
        UsageError: the recipe names an input that does not exist, or no file is drawn.
        InputError: there are no input files.
        TaskError: a task failed, as it would in the build.
    """
    vocabulary = obtain_vocabulary(loaded.recipe, loaded.base)
    with tempfile.TemporaryDirectory(prefix="codecorpus-preflight-") as temporary:
        folder = Folder(Path(temporary))
        begun = transfer_stats.snapshot()
        try:
            parts = plan_parts(loaded.recipe, loaded.base, folder)
            listing = list_inputs(
                parts,
                part_bytes=loaded.recipe.part_bytes,
                rate=rate,
                seed=seed,
                max_container_bytes=max_container_bytes,
            )
            _require_input(loaded, listing)
            planning = transfer_stats.snapshot().since(begun)
            build = build_sample(loaded, listing, vocabulary, folder, pool)
            return _prediction(loaded, listing, build, planning)
        finally:
            remove_copies(folder, loaded.recipe)


def _prediction(
    loaded: LoadedRecipe, listing: Listing, build: Build, planning: TransferStats
) -> Prediction:
    """Estimate the whole build from the sample's build."""
    records = read_records(build, listing)
    if not len(records):
        raise _nothing_drawn(listing)
    sample = fetched_by_tasks(build)
    estimator = Estimator(records, listing)
    totals = estimator.totals()
    disk = estimate_disk_usage(build, listing.parts, records, totals)
    before = transfer_stats.snapshot()
    times = estimate_times(build, listing, totals)
    timing = transfer_stats.snapshot().since(before)
    return Prediction(
        name=loaded.recipe.name,
        rate=listing.rate,
        share=listing.share,
        seed=listing.seed,
        parts=listing.parts,
        sources=len(loaded.recipe.sources),
        sampled=(len(records), int(records.size[records.size > 0].sum())),
        totals=totals,
        subsamples=estimator.subsample_estimates(_SUBSAMPLES),
        disk=disk,
        times=times,
        fetched=FetchedBytes(planning.fetched, sample.fetched, sample.whole, timing.fetched),
    )


def _require_input(loaded: LoadedRecipe, listing: Listing) -> None:
    if not listing.parts:
        names = ", ".join(str(path) for source in loaded.recipe.sources for path in source.paths)
        raise InputError(f"no input files found in {names}; name a folder or an archive")
    if not listing.containers and not any(listing.loose.values()):
        raise _nothing_drawn(listing)


def _nothing_drawn(listing: Listing) -> UsageError:
    return UsageError(
        f"--rate {listing.rate:g} draws no files; give a higher rate, or leave it out"
    )


def _write(path: Path, text: str) -> None:
    """Write a file that appears only when it is complete."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        try:
            temporary.write_text(text, "utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"{path}: {error.strerror}; name a file in a folder that exists"
        ) from error
