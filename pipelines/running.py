"""The build command on this machine: signals, workers, progress, and the report at the end."""

import os
import re
import signal
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rich.console import Console

from foundation.errors import CodecorpusError
from pipelines import pool
from pipelines.logs import quieten
from pipelines.progress import Display

if TYPE_CHECKING:
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    from pipelines.recipe.loading import LoadedRecipe

_BEAM_SUFFIX = re.compile(r" \[while running '[^']*'\]$")


def run_build(
    recipe: str,
    out: Path,
    *,
    inputs: list[str],
    runner: str,
    workers: int | None,
    strict: bool,
    engine_options: list[str],
) -> None:
    """Run a recipe into a folder, or go on with it, and print the report.

    Raises:
        CodecorpusError: as its text says; what is done stays done.
    """
    quieten()
    with pool.Pool(workers or os.cpu_count() or 1) as started:
        # Beam and the rest take seconds to import: meanwhile the workers start.
        from pipelines import runners
        from pipelines.recipe.loading import load

        build_corpus(
            load(recipe, overrides={"input": inputs} if inputs else None),
            out,
            options=runners.options(runner, engine_options),
            workers=started,
            strict=strict,
            console=Console(stderr=True, highlight=False),
        )
    from pipelines.inspection.report import print_next_steps, print_report

    print_report(out)
    print_next_steps(out)


def build_corpus(
    loaded: "LoadedRecipe",
    out: Path,
    *,
    options: "PipelineOptions",
    workers: pool.Pool,
    strict: bool = False,
    console: Console,
) -> None:
    """Build, or go on building, a corpus.

    Args:
        loaded: the recipe.
        out: the output folder.
        options: Beam's.
        workers: where tasks run.
        strict: fail on damaged input instead of counting it.
        console: shows progress if it is a terminal.

    Raises:
        CodecorpusError: as its text says; what is done stays done.
    """
    from pipelines.build import pipeline, prepare, tidy

    with prepare(loaded, out) as prepared:
        if prepared.complete:
            console.print(f"{out} is complete already; nothing to do", soft_wrap=True)
        else:
            if prepared.resumed:
                console.print(f"going on with the build in {out}", soft_wrap=True)
            graph = pipeline(prepared.out, options, strict=strict)
            _run_local(graph, workers, console)
        tidy(prepared.out)


def _run_local(graph: "beam.Pipeline", workers: pool.Pool, console: Console) -> None:
    def interrupt(_number: int, _frame: FrameType | None) -> None:
        workers.interrupted.set()

    with Display(console) as display:
        workers.watcher = display
        before = signal.signal(signal.SIGINT, interrupt)
        pool.use(workers)
        try:
            graph.run().wait_until_finish()
        except CodecorpusError as error:  # Beam adds the name of its step to the text
            raise type(error)(_BEAM_SUFFIX.sub("", str(error))) from error
        finally:
            pool.forget()
            signal.signal(signal.SIGINT, before)
