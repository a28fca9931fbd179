"""Google Cloud Dataflow: what a job must have, and the job that would be submitted.

A job that lacks something fails minutes after it was paid for, or, worse, runs with Beam's stock
image on the smallest machine. So all of it is checked before anything is sent, from the words of
the command alone; the same checks stand before a real job and a dry run.
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
"""Where a dry run writes the job, unless `--dataflow_job_file` names another place."""

# What Beam itself takes for a bucket; if it sees another, it makes a bucket of its own.
_GCS = re.compile(r"gs://[a-z0-9][-_a-z0-9.]+[a-z0-9](/.*)?")
_PROJECT = re.compile(r"[a-z][-a-z0-9:.]+[a-z0-9]")
_STOCK_IMAGE = re.compile(r"(^|/)apache/beam|^gcr\.io/cloud-dataflow/")


def check(recipe: Recipe, out: str, options: PipelineOptions) -> None:
    """Refuse a job that could not run, or would run otherwise than one thinks.

    Args:
        recipe: whose inputs the workers read.
        out: the output folder.
        options: Beam's.

    Raises:
        UsageError: everything that is wrong.
    """
    wrong = [*_wrong_paths(recipe, out), *_wrong_places(options), *_wrong_workers(options)]
    if importlib.util.find_spec("google.cloud.dataflow") is None:
        wrong.append("Google's client is missing; install codecorpus[gcp]")
    if wrong:
        lines = "\n".join(f"  {line}" for line in wrong)
        raise UsageError(f"--runner dataflow:\n{lines}\nsee docs/engines/dataflow.md")


def _wrong_paths(recipe: Recipe, out: str) -> Iterator[str]:
    if not _GCS.fullmatch(out):
        yield f"--out {out}: workers are elsewhere; give a folder on gs://BUCKET/"
    for source in recipe.sources:
        for path in source.paths:
            if not _GCS.fullmatch(str(path)):
                yield f"input {path}: workers are elsewhere; put it on gs://BUCKET/"


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
            f"--sdk_container_image={image or ''}: give the image that infra/Dockerfile makes; "
            "Beam's own holds no codecorpus"
        )
    if not workers.machine_type:
        yield "--machine_type: missing; n2-standard-4 has 4 cores and 16 GB"
    if workers.autoscaling_algorithm == "NONE":
        if not workers.num_workers:
            yield "--num_workers: missing, though --autoscaling_algorithm=NONE"
    elif not workers.max_num_workers:
        yield "--max_num_workers: missing; without it the service decides what you pay for"


def complete(recipe: Recipe, options: PipelineOptions) -> None:
    """Settle what the command leaves open.

    A job is named after its recipe: Dataflow runs one job of a name at a time, so a second build
    by mistake is refused. Workers come and go with the work.
    """
    cloud, workers = options.view_as(GoogleCloudOptions), options.view_as(WorkerOptions)
    if not cloud.job_name:
        cloud.job_name = "codecorpus-" + re.sub(r"[^a-z0-9]+", "-", recipe.name.lower()).strip("-")
    if not workers.autoscaling_algorithm:
        workers.autoscaling_algorithm = "THROUGHPUT_BASED"


def keep_offline(options: PipelineOptions) -> None:
    """Make a dry run of it: Beam asks for no credentials, and nothing of the network."""
    options.view_as(TestOptions).dry_run = True
    options.view_as(GoogleCloudOptions).no_auth = True


def write_job(graph: beam.Pipeline, options: PipelineOptions) -> list[Path]:
    """Write the job as it would be submitted, and the graph that would be staged; sends nothing.

    Args:
        graph: the pipeline, made with `options`.
        options: Beam's, kept offline.

    Returns:
        The job as JSON, and the graph as Beam's protocol buffer beside it.

    Raises:
        UsageError: a file of this machine would be staged.
    """
    from apache_beam.runners.dataflow.internal import apiclient

    staged: dict[str, bytes] = {}

    class Recorder(apiclient.DataflowApplicationClient):  # type: ignore[misc]
        """Keeps what it should upload."""

        def stage_file_with_retry(
            self, folder: str, name: str, source: str | BinaryIO, **_: object
        ) -> None:
            """In place of the upload."""
            if isinstance(source, str):
                raise UsageError(f"{source}: a file of this machine would be staged in {folder}")
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
