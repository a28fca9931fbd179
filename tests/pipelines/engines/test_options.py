"""Options of runners: what is passed on, what is refused and why."""

import pytest
from apache_beam.options.pipeline_options import (
    FlinkRunnerOptions,
    PortableOptions,
    SparkRunnerOptions,
    StandardOptions,
    WorkerOptions,
)

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.engines.options import RUNNERS, make_options

LOOPBACK = ["--environment_type=LOOPBACK"]


@pytest.mark.parametrize(
    ("runner", "beam"),
    [
        ("local", "FnApiRunner"),
        ("spark", "SparkRunner"),
        ("flink", "FlinkRunner"),
        ("prism", "PrismRunner"),
        ("dataflow", "DataflowRunner"),
    ],
)
def test_each_runner_is_named_outright(runner: str, beam: str) -> None:
    assert runner in RUNNERS
    assert make_options(runner, []).view_as(StandardOptions).runner == beam


def test_the_engines_own_options_pass_through() -> None:
    words = ["--spark_master_url=spark://host:7077", "--spark_job_server_jar", "/a.jar", *LOOPBACK]
    found = make_options("spark", words).view_as(SparkRunnerOptions)
    assert found.spark_master_url == "spark://host:7077"
    assert found.spark_job_server_jar == "/a.jar"


@pytest.mark.parametrize(("extra", "millis"), [([], "600000"), (["0"], "0")])
def test_workers_are_kept_between_stages(extra: list[str], millis: str) -> None:
    words = [f"--environment_cache_millis={value}" for value in extra]
    assert make_options("spark", words).view_as(PortableOptions).environment_cache_millis == millis


def test_what_only_a_job_server_knows_passes_through() -> None:
    found = make_options("flink", ["--checkpointing_interval=60000"])
    assert found.get_all_options(retain_unknown_options=True)["checkpointing_interval"] == "60000"


def test_workers_become_what_the_engine_calls_them() -> None:
    spark = make_options("spark", [], workers=3).view_as(SparkRunnerOptions)
    assert spark.spark_master_url == "local[3]"
    flink = make_options("flink", [], workers=3)
    assert flink.get_all_options()["parallelism"] == 3
    assert make_options("dataflow", [], workers=3).view_as(WorkerOptions).max_num_workers == 3


@pytest.mark.parametrize(
    ("runner", "extra", "workers", "message"),
    [
        ("sparc", [], None, "expected one of local, spark, flink, prism, dataflow"),
        ("spark", ["--runner=FlinkRunner"], None, "stands before `--`"),
        ("spark", ["--experiments=data_buffer_time_limit_ms=9"], None, "lose elements"),
        ("local", ["other.yaml"], None, "other.yaml: expected one recipe"),
        ("local", ["--num_workrs=2"], None, "--num_workrs: no option of Beam's"),
        ("dataflow", ["--machine_typ", "n2"], None, "--machine_typ: no option of Beam's"),
        ("flink", ["--parallelism=many"], None, "invalid int value: 'many'"),
        ("spark", ["--spark_master_url=spark://h:1", *LOOPBACK], 3, "executors decide"),
        ("prism", [], 3, "leave --workers out"),
        ("spark", ["--spark_master_url=spark://h:1"], None, "need Python with codecorpus"),
        ("flink", ["--flink_master=h:8081"], None, "docs/engines/flink.md"),
        ("flink", ["--job_endpoint=h:8099"], None, "h:8099: the workers of a cluster"),
    ],
)
def test_what_cannot_run_is_refused(
    runner: str, extra: list[str], workers: int | None, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        make_options(runner, extra, workers=workers)


@pytest.mark.parametrize("master", ["local", "local[4]"])
def test_a_master_inside_the_job_server_needs_no_environment(master: str) -> None:
    found = make_options("spark", [f"--spark_master_url={master}"])
    assert found.view_as(PortableOptions).environment_type is None


def test_flink_inside_the_job_server_needs_no_environment() -> None:
    found = make_options("flink", ["--flink_master=[local]"])
    assert found.view_as(FlinkRunnerOptions).flink_master == "[local]"
