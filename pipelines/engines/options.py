"""Where a pipeline runs: options only; the graph is the same everywhere."""

import contextlib
import io
import re

from apache_beam.options.pipeline_options import (
    FlinkRunnerOptions,
    PipelineOptions,
    PortableOptions,
    SparkRunnerOptions,
)

from codecorpus.foundation.errors import UsageError

LOCAL, SPARK, FLINK, PRISM, DATAFLOW = "local", "spark", "flink", "prism", "dataflow"

# The local runner is named outright: the one that Beam would choose downloads a binary first.
_BEAM_NAMES = {
    LOCAL: "FnApiRunner",
    SPARK: "SparkRunner",
    FLINK: "FlinkRunner",
    PRISM: "PrismRunner",
    DATAFLOW: "DataflowRunner",
}
RUNNERS = tuple(_BEAM_NAMES)

# Masters that run inside the job server, on this machine: Python then runs in this command.
_INSIDE = re.compile(r"local(\[.+\])?|\[local\]|\[auto\]")

_LOSES_DATA = "data_buffer_time_limit_ms"

# Else Spark and Flink start each worker anew for each stage (25 starts for two workers, measured),
# and starting Python with Beam takes seconds.
_KEEP_WORKERS = "--environment_cache_millis=600000"

# The workers' image holds all code: nothing of this machine need be staged beside the graph.
_STAGE_NOTHING = ["--no_save_main_session", "--experiments=disable_logging_submission_environment"]


def make_options(runner: str, extra: list[str], *, workers: int | None = None) -> PipelineOptions:
    """Beam's options for a runner of the command.

    Args:
        runner: one of RUNNERS.
        extra: the engine's own options, as given after `--`.
        workers: the command's `--workers`; for the local runner no option of Beam's.

    Raises:
        UsageError: an unknown runner, or options that it cannot run with.
    """
    if runner not in RUNNERS:
        raise UsageError(f"--runner {runner}: expected one of {', '.join(RUNNERS)}")
    if extra and not extra[0].startswith("--"):
        raise UsageError(f"{extra[0]}: expected one recipe, and Beam's own options after `--`")
    if any(word.partition("=")[0] == "--runner" for word in extra):
        raise UsageError(f"--runner stands before `--`, and is one of {', '.join(RUNNERS)}")
    if any(_LOSES_DATA in word for word in extra):
        raise UsageError(
            f"{_LOSES_DATA}: with it Beam's Python workers lose elements silently; leave it out"
        )
    if runner != LOCAL and workers is not None:
        extra = [_workers_option(runner, extra, workers), *extra]
    if runner == DATAFLOW:
        extra = [*_STAGE_NOTHING, *extra]
    if runner in {SPARK, FLINK}:
        extra = [_KEEP_WORKERS, *extra]
    found = _parsed(
        [f"--runner={_BEAM_NAMES[runner]}", "--default_sdk_harness_log_level=ERROR", *extra]
    )
    _check_names(runner, found)
    _check_environment(runner, found)
    return found


def _parsed(words: list[str]) -> PipelineOptions:
    """Beam parses late, prints its own usage and exits; here it parses at once and is told off."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            found = PipelineOptions(words)
            found.get_all_options(retain_unknown_options=True)
    except SystemExit as error:
        message = said.getvalue().strip().rpartition("error: ")[2]
        raise UsageError(f"engine options: {message}") from error
    return found


def _check_names(runner: str, found: PipelineOptions) -> None:
    """Beam passes over words that it does not know; only a job server may know more of them."""
    strange = found.get_all_options(retain_unknown_options=True).keys() - found.get_all_options()
    if strange and runner in {LOCAL, DATAFLOW}:
        names = ", ".join(f"--{name}" for name in sorted(strange))
        raise UsageError(f"{names}: no option of Beam's for --runner {runner}")


def _workers_option(runner: str, extra: list[str], workers: int) -> str:
    """What `--workers` means to an engine."""
    if runner == FLINK:
        return f"--parallelism={workers}"
    if runner == DATAFLOW:
        return f"--max_num_workers={workers}"
    if runner == SPARK and not any(word.startswith("--spark_master_url") for word in extra):
        return f"--spark_master_url=local[{workers}]"
    known = "the cluster's executors decide" if runner == SPARK else "Prism runs one worker"
    raise UsageError(f"--workers {workers} with --runner {runner}: {known}; leave --workers out")


def _check_environment(runner: str, found: PipelineOptions) -> None:
    """The workers of a cluster must be told where Python and this package are.

    Without a word Beam starts its own image, which does not hold this package.
    """
    portable = found.view_as(PortableOptions)
    masters = {
        SPARK: found.view_as(SparkRunnerOptions).spark_master_url,
        FLINK: found.view_as(FlinkRunnerOptions).flink_master,
    }
    if runner not in masters or portable.environment_type or portable.environment_options:
        return
    master = portable.job_endpoint or masters[runner]
    if _INSIDE.fullmatch(master):
        return
    raise UsageError(
        f"{master}: the workers of a cluster need Python with codecorpus; add "
        "`--environment_type=DOCKER --environment_config=IMAGE` (infra/Dockerfile makes one), or "
        "`--environment_type=EXTERNAL --environment_config=localhost:50000` with a worker pool on "
        f"each node (docs/engines/{runner}.md)"
    )
