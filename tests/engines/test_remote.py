"""Inputs and output in an object store, on every engine; machines share nothing but the store."""

import json
from pathlib import Path
from typing import Any

from codecorpus.pipelines.storage.stores.object_store import ObjectStore
from tests.engines.running import Cluster, Engines, build, digest
from tests.engines.test_engines import PRISM


def is_that_of_the_disk(out: str, store: ObjectStore, local: Path) -> None:
    """All files are those of the build on disk, but for the recipe, whose paths are others."""
    assert digest(out).startswith("digest: ")  # all sums hold, all kept files decode
    there = manifest(store.filesystem.cat_file(f"{store.path(out)}/manifest.json"))
    assert there == manifest((local / "manifest.json").read_bytes())


def manifest(data: bytes) -> Any:
    found = json.loads(data)
    found["files"].pop("recipe.yaml")
    return found


def test_spark_cluster(
    elsewhere: Path, store: ObjectStore, local: Path, cluster: Cluster, s3: Path
) -> None:
    out, before = "s3://corpus/spark", set(cluster.workers.iterdir())
    options = cluster.options("EXTERNAL")
    done = build(elsewhere, out, runner="spark", options=options).wait()
    assert done.returncode == 0, done.stderr
    is_that_of_the_disk(out, store, local)
    machines = [folder / "scratch" for folder in set(cluster.workers.iterdir()) - before]
    held = [scratch for scratch in machines if list(scratch.glob("*/*"))]
    assert len(held) > 1, "more than one worker took part, each with copies on a disk of its own"
    assert not [path for path in s3.rglob("*") if path.is_file()], "nothing is left at the command"


def test_flink(
    elsewhere: Path, store: ObjectStore, local: Path, engines: Engines, cluster: Cluster
) -> None:
    out, options = "s3://corpus/flink", engines.flink(*cluster.external)
    done = build(elsewhere, out, runner="flink", options=options).wait()
    assert done.returncode == 0, done.stderr
    is_that_of_the_disk(out, store, local)


if PRISM.exists():

    def test_prism(elsewhere: Path, store: ObjectStore, local: Path) -> None:
        out, options = "s3://corpus/prism", [f"--prism_location={PRISM.resolve()}"]
        done = build(elsewhere, out, runner="prism", options=options).wait()
        assert done.returncode == 0, done.stderr
        is_that_of_the_disk(out, store, local)
