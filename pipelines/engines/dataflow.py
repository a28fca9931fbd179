"""Checks the options of Google Cloud Dataflow jobs, and writes a job instead of submitting it.

A job with a missing option fails only after minutes that are paid for, or, worse, runs with Beam's
stock image on the smallest machine. So real jobs and dry runs both begin by checking all options,
without the network.
"""

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import apache_beam as beam
from apache_beam.options.pipeline_options import (
    DebugOptions,
    GoogleCloudOptions,
    PipelineOptions,
    TestOptions,
    WorkerOptions,
)

from codecorpus.foundation.errors import StorageError, UsageError
from codecorpus.pipelines.recipe.model import Recipe

JOB_FILE = "dataflow-job.json"
"""The file that a dry run writes, unless `--dataflow_job_file` names another."""

# The bucket names that Beam accepts; for any other it creates a bucket of its own.
_GCS = re.compile(r"gs://[a-z0-9][-_a-z0-9.]+[a-z0-9](/.*)?")
_PROJECT = re.compile(r"[a-z][-a-z0-9:.]+[a-z0-9]")
_STOCK_IMAGE = re.compile(r"(^|/)apache/beam|^gcr\.io/cloud-dataflow/")


def check(recipe: Recipe, out: str, options: PipelineOptions) -> None:
    """Refuse a job that could not run, or would not run as intended.

    Args:
        recipe: the recipe, whose inputs the workers read.
        out: the output folder.
        options: Beam's pipeline options.

    Raises:
        UsageError: lists everything that is wrong.
    """
    wrong = [*_wrong_paths(recipe, out), *_wrong_places(options), *_wrong_workers(options)]
    if importlib.util.find_spec("google.cloud.dataflow") is None:
        wrong.append("Google's client is missing; install codecorpus[gcp]")
    if wrong:
        lines = "\n".join(f"  {line}" for line in wrong)
        raise UsageError(f"--runner dataflow:\n{lines}\nsee docs/engines/dataflow.md")


def _wrong_paths(recipe: Recipe, out: str) -> Iterator[str]:
    if not _GCS.fullmatch(out):
        yield f"--out {out}: not visible to the workers; give a folder on gs://BUCKET/"
    for source in recipe.sources:
        for path in source.paths:
            if not _GCS.fullmatch(str(path)):
                yield f"input {path}: not visible to the workers; put it on gs://BUCKET/"


def _wrong_places(options: PipelineOptions) -> Iterator[str]:
    cloud = options.view_as(GoogleCloudOptions)
    if not cloud.project or not _PROJECT.fullmatch(cloud.project):
        yield f"--project={cloud.project or ''}: give the project's id, such as my-project"
    if not cloud.region:
        yield "--region: missing; give the buckets' region, such as europe-west4"
    if not cloud.temp_location:
        yield "--temp_location: missing; give a folder on gs://BUCKET/"
    for name in ("temp_location", "staging_location"):
        if (place := getattr(cloud, name)) and not _GCS.fullmatch(place):
            yield f"--{name}={place}: give a folder on gs://BUCKET/"


def _wrong_workers(options: PipelineOptions) -> Iterator[str]:
    workers = options.view_as(WorkerOptions)
    image = workers.sdk_container_image
    if not image or _STOCK_IMAGE.search(image):
        yield (
            f"--sdk_container_image={image or ''}: give the image built from infra/Dockerfile; "
            "Beam's own image does not contain codecorpus"
        )
    if not workers.machine_type:
        yield "--machine_type: missing; n2-standard-4 has 4 vCPUs and 16 GB"
    if workers.autoscaling_algorithm == "NONE":
        if not workers.num_workers:
            yield "--num_workers: missing; --autoscaling_algorithm=NONE requires it"
    elif not workers.max_num_workers:
        yield "--max_num_workers: missing; without it the service chooses how many you pay for"


def complete(recipe: Recipe, options: PipelineOptions) -> None:
    """Set options that the command does not set.

    A job is named after its recipe: Dataflow runs only one job of a name at a time, so it refuses
    a second build started by mistake. The number of workers adapts to the work.
    """
    cloud, workers = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    if not cloud.job_name:
        cloud.job_name = "codecorpus-" + re.sub(r"[^a-z0-9]+", "-", recipe.name.lower()).strip("-")
    if not workers.autoscaling_algorithm:
        workers.autoscaling_algorithm = "THROUGHPUT_BASED"


def keep_offline(options: PipelineOptions) -> None:
    """Make Beam do a dry run, which uses neither credentials nor the network."""
    options.view_as(TestOptions).dry_run = True
    options.view_as(GoogleCloudOptions).no_auth = True


def write_job(graph: beam.Pipeline, options: PipelineOptions) -> list[Path]:
    """Write the job that would be submitted and the graph that would be staged; send nothing.

    Args:
        graph: the pipeline, made with `options`.
        options: Beam's pipeline options, after `keep_offline`.

    Returns:
        The job as JSON, and the graph as Beam's protocol buffer beside it.

    Raises:
        UsageError: Beam would stage a file of this machine.
    """
    from apache_beam.runners.dataflow.internal import apiclient

    staged: dict[str, bytes] = {}

    class Recorder(apiclient.DataflowApplicationClient):  # type: ignore[misc]
        """Stores in memory the files that it should upload."""

        def stage_file_with_retry(
            self, folder: str, name: str, source: str | BinaryIO, **_: object
        ) -> None:
            """Store a file instead of uploading it."""
            if isinstance(source, str):
                raise UsageError(
                    f"{source}: Beam would stage this file of this machine in {folder}"
                )
            staged[name] = source.read()

    job = graph.run().job
    Recorder(job.options, job.root_staging_location).create_job_description(job)
    target = Path(options.view_as(DebugOptions).dataflow_job_file or JOB_FILE)
    described = json.dumps(json.loads(job.json()), indent=1, sort_keys=True)
    proto = target.with_suffix(".pb")
    try:
        target.write_text(described + "\n", "utf-8")
        proto.write_bytes(staged["pipeline.pb"])
    except OSError as error:
        raise StorageError(
            f"{target}: {error.strerror}; give another --dataflow_job_file"
        ) from error
    return [target, proto]
