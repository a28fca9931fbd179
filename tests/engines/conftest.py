"""Engines on this machine, an S3 on loopback, and one small corpus.

`make test-engines` prepares what these need and names the folder in $ENGINES.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.pipelines.storage import stores
from codecorpus.pipelines.storage.stores import store_of
from codecorpus.pipelines.storage.stores.object_store import ObjectStore
from tests.engines.corpus import ROOT, write_inputs, write_recipe
from tests.engines.running import LIMIT, Cluster, Engines, build
from tests.pipelines.storage.loopback import free_port
from tests.pipelines.storage.s3_server import s3_server

WORKER = """\
#!/bin/sh
# Each Python process of the pool as on a machine of its own: nothing of its disk is another's.
here={folder}/$$
mkdir -p "$here/tmp"
cd "$here"
export CODECORPUS_SCRATCH="$here/scratch" TMPDIR="$here/tmp"
exec {python} "$@"
"""


@pytest.fixture(scope="session")
def engines() -> Engines:
    folder = ROOT / os.environ.get("ENGINES", "build/engines")
    found = Engines(folder.resolve())
    assert Path(found.jar("spark")).exists(), "run these tests with `make test-engines`"
    return found


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An S3 that the environment names from now on; gives the scratch folder of commands."""
    scratch = tmp_path_factory.mktemp("scratch")
    with s3_server() as environment, pytest.MonkeyPatch.context() as patch:
        for name, value in {**environment, "CODECORPUS_SCRATCH": str(scratch)}.items():
            patch.setenv(name, value)
        yield scratch


@pytest.fixture(scope="session")
def cluster(
    engines: Engines, s3: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Spark: a master, two workers of one core each, and a worker pool that can reach the S3."""
    del s3  # it is in the environment
    folder = tmp_path_factory.mktemp("spark")
    with started(engines, "spark", folder, {"SPARK_UI_PORT": "0"}) as found:
        yield found


@pytest.fixture(scope="module")
def flink_cluster(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Flink: a job manager, a task manager of two slots, and a worker pool."""
    folder = tmp_path_factory.mktemp("flink")
    with started(engines, "flink", folder, {"FLINK_RPC_PORT": str(free_port())}) as found:
        yield found


@contextlib.contextmanager
def started(
    engines: Engines, engine: str, folder: Path, ports: dict[str, str]
) -> Iterator[Cluster]:
    """A cluster, as its script in infra/ starts it; its logs are in `folder`."""
    workers, python = folder / "workers", folder / "bin" / "python"
    python.parent.mkdir()
    python.write_text(WORKER.format(folder=workers, python=sys.executable))
    python.chmod(0o755)
    workers.mkdir()
    port, pool = free_port(), free_port()
    ports |= {f"{engine.upper()}_PORT": str(port), "POOL_PORT": str(pool), "PYTHON": str(python)}
    script = ROOT / "infra" / engine / "cluster.sh"
    try:
        done = subprocess.run(
            [script, "start", engines.folder / engine / "jars", folder / "state", "2"],
            env=os.environ | ports,
            check=True,
            timeout=LIMIT,
            stdout=subprocess.PIPE,
            text=True,
        )
        yield Cluster(engines, engine, done.stdout.split()[-1], pool, folder / "state", workers)
    finally:
        subprocess.run([script, "stop", folder / "state"], check=True, timeout=LIMIT)


@pytest.fixture
def broken_pool(tmp_path: Path) -> Iterator[int]:
    """The port of a worker pool whose `python` does not start, as on a node set up wrongly."""
    port = free_port()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to("/bin/false")
    pool = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "apache_beam.runners.worker.worker_pool_main",
            f"--service_port={port}",
        ],
        env=os.environ | {"PATH": str(tmp_path / "bin")},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        pool.kill()
        pool.wait()


@pytest.fixture(scope="session")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus on this machine's disk."""
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return write_recipe(folder / "recipe.yaml", "")


@pytest.fixture(scope="session")
def local(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same corpus, built by this machine's process pool."""
    out = tmp_path_factory.mktemp("local") / "out"
    done = build(recipe, out).wait()
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="session")
def store(s3: Path, recipe: Path) -> Iterator[ObjectStore]:
    """The S3, with the corpus in the bucket `corpus`."""
    del s3
    found = store_of("s3://corpus")
    assert isinstance(found, ObjectStore)
    system = found.filesystem
    system.mkdir("corpus")
    for source in ("repositories", "pile", "rows"):
        system.put(str(recipe.parent / source), f"corpus/in/{source}", recursive=True)
    yield found
    stores.close_all()


@pytest.fixture(scope="session")
def elsewhere(store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe over the inputs in the S3, alone in its folder."""
    del store
    return write_recipe(tmp_path_factory.mktemp("elsewhere") / "recipe.yaml", "s3://corpus/in/")
