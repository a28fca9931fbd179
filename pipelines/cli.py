"""The command line. Exit status: 0 done, 1 the work failed, 2 the command or recipe is wrong.

Each command imports what it needs, so that help and errors appear at once.
"""

import gc
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from codecorpus.foundation.errors import CodecorpusError, InterruptedBuildError, UsageError
from codecorpus.pipelines.storage.locations import parse_location

app = typer.Typer(
    name="codecorpus",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Folder = Annotated[
    str,
    typer.Argument(
        metavar="DIR", help="the output folder of a build: a path, or s3://, gs://, hdfs://"
    ),
]


def _print_version(asked: bool) -> None:
    if asked:
        from codecorpus.pipelines.stages.code_version import code_version

        typer.echo(code_version())
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the versions of codecorpus and of the libraries that its output depends on.",
        ),
    ] = False,
) -> None:
    """Build training corpora of source code, and explain why each file was kept or dropped."""


@app.command(context_settings={"allow_extra_args": True})
def build(
    context: typer.Context,
    recipe: Annotated[
        str,
        typer.Argument(metavar="RECIPE", help="a recipe file, or the name of a built-in recipe"),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out", metavar="DIR", help="the output folder: a path, or s3://, gs://, hdfs://"
        ),
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="PATH", help="read this instead of the recipe's folder"),
    ] = None,
    runner: Annotated[
        str, typer.Option(help="where to run: local, spark, flink, prism or dataflow")
    ] = "local",
    workers: Annotated[
        int | None, typer.Option(min=1, help="processes on this machine; default: one per core")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="fail on damaged input instead of counting it")
    ] = False,
    skip_failed: Annotated[
        bool, typer.Option("--skip-failed", help="finish the build without the parts that fail")
    ] = False,
    patience: Annotated[
        float,
        typer.Option(
            min=1, help="seconds without a heartbeat after which an engine's workers count as dead"
        ),
    ] = 600,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="write the Dataflow job to a file instead of submitting it"),
    ] = False,
) -> None:
    """Build a corpus from a recipe. The same command resumes an interrupted build.

    Options after `--` go to the engine.

    Example: codecorpus build recipes/quickstart.yaml --out build/quickstart
    """
    from codecorpus.pipelines.engines.quiet_logs import silence_beam_logs

    silence_beam_logs()
    from codecorpus.pipelines.run import run_build

    run_build(
        recipe,
        out,
        inputs=inputs or [],
        runner=runner,
        workers=workers,
        strict=strict,
        patience=patience,
        dry_run=dry_run,
        skip_failed=skip_failed,
        engine_options=context.args,
    )


@app.command()
def train(
    directory: Folder,
    config: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE", help="a built-in configuration (small, 1b, 13b) or a file"
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="RUN", help="the run's folder")],
    steps: Annotated[
        int | None, typer.Option(min=1, help="length of the run and of its schedule")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="override a value of the configuration"),
    ] = None,
) -> None:
    """Train a model on a corpus. The same command resumes a run.

    On several processes or GPUs: torchrun --nproc_per_node N --no-python codecorpus train …

    Example: codecorpus train build/quickstart --config small --out build/run --steps 300
    """
    try:
        from codecorpus.training.run import run_training
    except ModuleNotFoundError as error:
        if error.name not in {"torch", "tensorboard"}:
            raise
        message = "training needs torch: pip install 'codecorpus[train]'"
        raise UsageError(message) from error
    run_training(directory, config, out, steps=steps, overrides=settings or [])


@app.command(context_settings={"allow_extra_args": True})
def crawl(
    context: typer.Context,
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE", help="the crawl's recipe file")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="the crawl's folder")],
    runner: Annotated[
        str, typer.Option(help="where to download archives; the choices are those of build")
    ] = "local",
    workers: Annotated[
        int, typer.Option(min=1, max=64, help="archives that each worker downloads at a time")
    ] = 4,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh", help="look for new repositories, and for new commits of known ones"
        ),
    ] = False,
) -> None:
    """Find and download repositories from GitHub.

    A build reads the folder with the source `github`.

    Example: codecorpus crawl recipes/crawls/codegeex.yaml --out crawl
    """
    from codecorpus.pipelines.engines.quiet_logs import silence_beam_logs

    silence_beam_logs()
    from codecorpus.pipelines.crawl.command import run_crawl

    run_crawl(
        recipe,
        out,
        runner=runner,
        workers=workers,
        refresh=refresh,
        engine_options=context.args,
    )


@app.command()
def preflight(
    recipe: Annotated[
        str,
        typer.Argument(metavar="RECIPE", help="a recipe file, or the name of a built-in recipe"),
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="PATH", help="read this instead of the recipe's folder"),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(help="share of the files to read, up to 1; default: about 10,000 files"),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="seed of the sample")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="processes on this machine; default: one per core")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON instead of tables")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="also write the JSON to this file")
    ] = None,
) -> None:
    """Predict from a sample what a build would keep and cost. Only --out writes a file.

    Example: codecorpus preflight recipes/quickstart.yaml --rate 0.05
    """
    from codecorpus.pipelines.preflight.command import run_preflight

    run_preflight(
        recipe,
        inputs=inputs or [],
        rate=rate,
        seed=seed,
        workers=workers,
        as_json=as_json,
        out=out,
    )


@app.command()
def report(folder: Folder) -> None:
    """Print what was read, kept and dropped, and why.

    Example: codecorpus report build/quickstart
    """
    from codecorpus.pipelines.inspection.report import print_report

    print_report(parse_location(folder))


@app.command()
def why(
    folder: Folder,
    query: Annotated[
        str, typer.Argument(metavar="REPO/PATH | CONTENT_ID", help="a file, or its git blob id")
    ],
) -> None:
    """Print every decision about one file.

    Example: codecorpus why build/quickstart json/decoder.py
    """
    from codecorpus.pipelines.inspection.why import print_explanation

    print_explanation(parse_location(folder), query)


@app.command()
def verify(
    folder: Folder,
    sample: Annotated[
        int, typer.Option(min=0, help="number of kept files to decode and compare; 0: all")
    ] = 1000,
) -> None:
    """Check digests, and that rows decode to the original files.

    Example: codecorpus verify build/quickstart
    """
    from codecorpus.pipelines.inspection.verify import print_verification

    print_verification(parse_location(folder), sample)


def main() -> None:
    """Run the command; an error becomes one message on standard error, not a traceback."""
    signal.signal(signal.SIGINT, _interrupt)
    # Imports create a million objects that live until the end. Scanning them for garbage took 10 %
    # of a command's start, and half a second when it ended.
    gc.set_threshold(100_000)
    try:
        app()
    except CodecorpusError as error:
        typer.echo(f"codecorpus: {error}", err=True)
        sys.exit(error.exit_code)
    finally:
        gc.freeze()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise InterruptedBuildError
