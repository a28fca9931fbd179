"""The build command: runner, signals, progress, and the report at the end."""

import os
import re
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

from codecorpus.foundation.errors import CodecorpusError, InterruptedBuildError, UsageError
from codecorpus.pipelines.engines import process_pool
from codecorpus.pipelines.engines.progress_bar import ProgressBar
from codecorpus.pipelines.engines.quiet_logs import silence_beam_logs, silence_thread_traces
from codecorpus.pipelines.storage.locations import Location, parse_location

if TYPE_CHECKING:
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from codecorpus.pipelines.recipe.loader import LoadedRecipe

    Run = Callable[[beam.Pipeline, str], None]
    """Runs a graph on a planned output folder."""

LOCAL = "local"
_BEAM_SUFFIX = re.compile(r" \[while running '[^']*'\]$")


def run_build(
    recipe: str,
    out: str,
    *,
    inputs: list[str],
    runner: str,
    workers: int | None,
    strict: bool,
    skip_failed: bool,
    patience: float,
    dry_run: bool,
    engine_options: list[str],
) -> None:
    """Build a recipe into a folder, or resume that build, and print the report.

    Args:
        recipe: a recipe file, or the name of a built-in recipe.
        out: the output folder, a path or a URL.
        inputs: paths to read instead of those of the recipe's folder source.
        runner: one of `pipelines.engines.options.RUNNERS`.
        workers: processes on this machine, or the engine's own setting for parallelism.
        strict: fail on damaged input instead of counting it.
        skip_failed: finish the build without the parts that fail.
        patience: seconds without a heartbeat after which a job on an engine is cancelled.
        dry_run: write the job to a file instead of submitting it.
        engine_options: options for Beam, passed on unchanged.

    Raises:
        CodecorpusError: the build failed; completed tasks are kept.
    """
    silence_beam_logs()
    console = Console(file=sys.stderr, highlight=False)
    with process_pool.ProcessPool(
        (workers or os.cpu_count() or 1) if runner == LOCAL else 0
    ) as pool:
        # Beam takes seconds to import: the workers start meanwhile.
        from codecorpus.pipelines.engines.options import DATAFLOW, make_options
        from codecorpus.pipelines.recipe.loader import load

        options = make_options(runner, engine_options, workers=workers)
        loaded = load(recipe, input_paths=inputs or None)
        if runner == DATAFLOW:
            _check_dataflow(loaded, out, options, dry_run=dry_run)
        if dry_run:
            _write_job(out, options, runner=runner, strict=strict)
            return

        def run(graph: "beam.Pipeline", into: str) -> None:
            if runner == LOCAL:
                _run_local(graph, pool, console)
            else:
                from codecorpus.pipelines.engines.job import run_job

                silence_thread_traces()
                run_job(graph, into, patience=patience, console=console)

        build_corpus(
            loaded,
            parse_location(out),
            options=options,
            run=run,
            strict=strict,
            skip_failed=skip_failed,
            console=console,
        )
    from codecorpus.pipelines.inspection.report import print_next_steps, print_report

    print_report(parse_location(out))
    print_next_steps(parse_location(out))


def build_corpus(
    loaded: "LoadedRecipe",
    out: Location,
    *,
    options: "PipelineOptions",
    run: "Run",
    strict: bool = False,
    skip_failed: bool = False,
    console: Console,
) -> None:
    """Build a corpus, or resume its build.

    Args:
        loaded: the recipe.
        out: the output folder.
        options: Beam's pipeline options.
        run: runs the graph.
        strict: fail on damaged input instead of counting it.
        skip_failed: finish the build without the parts that fail.
        console: where messages go.

    Raises:
        CodecorpusError: the build failed; completed tasks are kept.
    """
    from codecorpus.pipelines.build import pipeline
    from codecorpus.pipelines.engines.run_lock import start_run
    from codecorpus.pipelines.resume import clean_up, prepare
    from codecorpus.pipelines.stages.skip_failed import skip_failed_parts
    from codecorpus.pipelines.storage import open_folder

    with prepare(loaded, out, skip_failed=skip_failed) as prepared:
        if prepared.complete:
            console.print(f"{out} is already complete; nothing to do", soft_wrap=True)
        else:
            if prepared.resumed:
                console.print(f"resuming the build in {out}", soft_wrap=True)
            name = prepared.run
            while True:
                try:
                    run(pipeline(prepared.out, options, strict=strict, run=name), prepared.out)
                    break
                except InterruptedBuildError:
                    raise
                except CodecorpusError:
                    if not skip_failed:
                        raise
                    name = start_run(open_folder(parse_location(prepared.out)))
                    left_out = skip_failed_parts(prepared.out)
                    if not left_out:
                        raise
                for part in left_out:
                    message = f"skipping part {part.part}: {part.stage}: {part.error}"
                    console.print(message, soft_wrap=True, markup=False)
        clean_up(prepared.out)


def _check_dataflow(
    loaded: "LoadedRecipe", out: str, options: "PipelineOptions", *, dry_run: bool
) -> None:
    from codecorpus.pipelines.engines import dataflow

    dataflow.check(loaded.recipe, out, options)
    dataflow.complete(loaded.recipe, options)
    if dry_run:
        dataflow.keep_offline(options)


def _write_job(out: str, options: "PipelineOptions", *, runner: str, strict: bool) -> None:
    from codecorpus.pipelines.build import pipeline
    from codecorpus.pipelines.engines import dataflow
    from codecorpus.pipelines.engines.options import DATAFLOW

    if runner != DATAFLOW:
        raise UsageError(f"--dry-run needs --runner dataflow; got --runner {runner}")
    for path in dataflow.write_job(pipeline(out, options, strict=strict), options):
        print(path)  # noqa: T201 - what the command was asked for
    print("nothing was submitted")  # noqa: T201


def _run_local(graph: "beam.Pipeline", workers: process_pool.ProcessPool, console: Console) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        workers.interrupted.set()

    with ProgressBar(console) as display, process_pool.activate(workers):
        workers.listener = display
        before = signal.signal(signal.SIGINT, interrupt)
        try:
            graph.run().wait_until_finish()
        except CodecorpusError as error:  # Beam adds the name of its step to the text
            raise type(error)(_BEAM_SUFFIX.sub("", str(error))) from error
        finally:
            signal.signal(signal.SIGINT, before)
