"""Where a pipeline runs: options only; the graph is the same everywhere."""

from apache_beam.options.pipeline_options import PipelineOptions

from foundation.errors import UsageError

RUNNERS = ("local",)


def options(runner: str, extra: list[str]) -> PipelineOptions:
    """Beam's options for a runner of the command.

    The local runner is named outright: the one that Beam would choose downloads a binary first.

    Args:
        runner: one of RUNNERS.
        extra: the engine's own options, as given after `--`.

    Raises:
        UsageError: an unknown runner.
    """
    if runner not in RUNNERS:
        raise UsageError(
            f"--runner {runner}: expected one of {', '.join(RUNNERS)}; "
            "Spark, Flink and Dataflow come with a later version"
        )
    return PipelineOptions(
        ["--runner=FnApiRunner", "--default_sdk_harness_log_level=ERROR", *extra]
    )
