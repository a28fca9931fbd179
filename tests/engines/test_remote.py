"""Inputs and output in an object store, on every engine; machines share nothing but the store."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.remote import stores
from pipelines.remote.buckets import Buckets
from pipelines.remote.stores import store_of
from tests.engines.corpus import write_recipe
from tests.engines.running import Cluster, Engines, build, digest
from tests.engines.test_engines import PRISM


@pytest.fixture(scope="module")
def store(s3: Path, recipe: Path) -> Iterator[Buckets]:
    """The S3, with the corpus in the bucket `corpus`."""
    del s3
    found = store_of("s3://corpus")
    assert isinstance(found, Buckets)
    system = found.filesystem()
    system.mkdir("corpus")
    for source in ("repositories", "pile", "rows"):
        system.put(str(recipe.parent / source), f"corpus/in/{source}", recursive=True)
    yield found
    stores.forget()


@pytest.fixture(scope="module")
def elsewhere(store: Buckets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe over the inputs in the S3, alone in its folder."""
    del store
    return write_recipe(tmp_path_factory.mktemp("elsewhere") / "recipe.yaml", "s3://corpus/in/")


def is_that_of_the_disk(out: str, store: Buckets, local: Path) -> None:
    """All files are those of the build on disk, but for the recipe, whose paths are others."""
    assert digest(out).startswith("digest: ")  # all sums hold, all kept files decode
    there = manifest(store.filesystem().cat_file(f"{store.path(out)}/manifest.json"))
    assert there == manifest((local / "manifest.json").read_bytes())


def manifest(data: bytes) -> Any:
    found = json.loads(data)
    found["files"].pop("recipe.yaml")
    return found


def test_spark_cluster(
    elsewhere: Path, store: Buckets, local: Path, cluster: Cluster, s3: Path
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
    elsewhere: Path, store: Buckets, local: Path, engines: Engines, cluster: Cluster
) -> None:
    out, options = "s3://corpus/flink", engines.flink(*cluster.external)
    done = build(elsewhere, out, runner="flink", options=options).wait()
    assert done.returncode == 0, done.stderr
    is_that_of_the_disk(out, store, local)


if PRISM.exists():

    def test_prism(elsewhere: Path, store: Buckets, local: Path) -> None:
        out, options = "s3://corpus/prism", [f"--prism_location={PRISM.resolve()}"]
        done = build(elsewhere, out, runner="prism", options=options).wait()
        assert done.returncode == 0, done.stderr
        is_that_of_the_disk(out, store, local)
