"""Predictions for remote inputs equal those for the same local inputs."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from codecorpus.pipelines.engines.process_pool import ProcessPool
from codecorpus.pipelines.preflight.command import predict
from codecorpus.pipelines.preflight.result import Prediction
from codecorpus.pipelines.recipe.loader import load
from codecorpus.pipelines.stages.base import TaskError
from codecorpus.pipelines.storage import local_cache
from codecorpus.pipelines.storage.errors import ForbiddenError, RemoteError
from codecorpus.pipelines.storage.stores.http_store import HttpStore
from tests.pipelines.storage.data import LINES, upload
from tests.pipelines.storage.hub_server import HubServer
from tests.pipelines.storage.web_server import WebServer


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(0) as pool:
        yield pool


def write_recipe(folder: Path, *sources: dict[str, Any], part_bytes: int = 65_536) -> Path:
    recipe = {
        "name": "test",
        "part_bytes": part_bytes,
        "sources": list(sources),
        "encode": {"sequence_length": 512},
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    return path


def comparable(prediction: Prediction) -> dict[str, Any]:
    """The prediction without what depends on where the inputs are."""
    values = prediction.to_json()
    del values["core_seconds"]
    values.pop("fetched", None)
    return values


def all_sources(root: object) -> list[dict[str, Any]]:
    return [
        {"type": "folder", "paths": [f"{root}/src"], "repositories": "children"},
        {"type": "pile", "paths": [f"{root}/pile"]},
        {"type": "codeparrot", "paths": [f"{root}/codeparrot/*.parquet"]},
        {"type": "github", "paths": [f"{root}/crawl"]},
    ]


def files_of(root: object) -> list[dict[str, Any]]:
    """The same sources with every file named, as the web needs it."""
    return [
        {"type": "folder", "paths": [f"{root}/src/zipped.zip", f"{root}/src/tarred.tar.gz"]},
        {"type": "pile", "paths": [f"{root}/pile/many.jsonl.zst", f"{root}/pile/some.jsonl.gz"]},
        {"type": "codeparrot", "paths": [f"{root}/codeparrot/a.parquet"]},
    ]


def test_object_stores_equal_the_disk(
    inputs: Path, bucket: str, pool: ProcessPool, tmp_path: Path
) -> None:
    root = upload(inputs, bucket)
    here = predict(load(str(write_recipe(tmp_path, *all_sources(inputs)))), pool, rate=0.3)
    recipe = load(str(write_recipe(tmp_path, *all_sources(root))))
    there = predict(recipe, pool, rate=0.3)
    assert comparable(there) == comparable(here)
    assert comparable(predict(recipe, pool, rate=0.3)) == comparable(here), "another sample"
    assert "fetched" not in here.to_json()
    fetched = there.fetched
    assert fetched.sample > fetched.whole > 0
    assert fetched.planning > 0
    assert fetched.timing > 0
    assert not list(local_cache.folder().rglob("*")), "copies are left"


@pytest.mark.parametrize("fault", ["", "whole"])
def test_the_web_equals_the_disk(
    inputs: Path, web: WebServer, pool: ProcessPool, tmp_path: Path, fault: str
) -> None:
    for path in inputs.rglob("*.*"):
        name = f"/{path.relative_to(inputs).as_posix()}"
        web.files[name], web.faults[name] = path.read_bytes(), fault
    here = predict(load(str(write_recipe(tmp_path, *files_of(inputs)))), pool, rate=0.3)
    there = predict(load(str(write_recipe(tmp_path, *files_of(web.url)))), pool, rate=0.3)
    assert comparable(there) == comparable(here)


def test_the_hub_equals_the_disk(
    inputs: Path, hub: HubServer, pool: ProcessPool, tmp_path: Path
) -> None:
    hub.files = {"data/a.parquet": (inputs / "codeparrot/a.parquet").read_bytes()}
    here, there = (
        {"type": "codeparrot", "paths": [f"{root}/*.parquet"]}
        for root in (inputs / "codeparrot", "hf://datasets/owner/set/data")
    )
    expected = predict(load(str(write_recipe(tmp_path, here))), pool, rate=0.3)
    assert comparable(
        predict(load(str(write_recipe(tmp_path, there))), pool, rate=0.3)
    ) == comparable(expected)


def test_only_the_drawn_parts_of_a_file_are_fetched(
    web: WebServer, pool: ProcessPool, tmp_path: Path
) -> None:
    web.files["/x.jsonl"] = "".join(LINES * 40).encode()
    source = {"type": "pile", "paths": [f"{web.url}/x.jsonl"]}
    recipe = load(str(write_recipe(tmp_path, source, part_bytes=1 << 20)))
    found = predict(recipe, pool, rate=0.2, max_container_bytes=0)
    assert 0 < found.share <= 0.2
    assert found.fetched.planning < 10
    assert 0 < found.fetched.sample < len(web.files["/x.jsonl"]) * 0.6, "2 MB a part, at most"
    assert found.fetched.whole == 0


def test_a_refusal_is_reported_and_no_copy_is_left(
    inputs: Path, web: WebServer, pool: ProcessPool, tmp_path: Path
) -> None:
    for name in ("zipped.zip", "tarred.tar.gz"):
        web.files[f"/{name}"] = (inputs / "src" / name).read_bytes()
    web.faults["/zipped.zip"], web.faults["/tarred.tar.gz"] = "whole", "403"
    paths = [f"{web.url}/{name}" for name in ("zipped.zip", "tarred.tar.gz")]
    recipe = load(str(write_recipe(tmp_path, {"type": "folder", "paths": paths})))
    with pytest.raises(ForbiddenError, match=r"tarred.tar.gz: refused.*what the URL itself holds"):
        predict(recipe, pool)
    assert not list(local_cache.folder().rglob("*")), "copies are left"


def test_a_temporary_failure_is_not_called_permanent(
    web: WebServer, pool: ProcessPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise RemoteError("no answer; run the same command again")

    web.files["/x.jsonl"] = "".join(LINES).encode()
    monkeypatch.setattr(HttpStore, "read", broken)
    source = {"type": "pile", "paths": [f"{web.url}/x.jsonl"]}
    with pytest.raises(TaskError, match="run the same command again") as failed:
        predict(load(str(write_recipe(tmp_path, source))), pool)
    assert "in the same way" not in str(failed.value)


@pytest.mark.slow
def test_the_command_prints_how_much_it_fetched(inputs: Path, bucket: str, tmp_path: Path) -> None:
    recipe = write_recipe(tmp_path, *all_sources(upload(inputs, bucket)))
    command = [sys.executable, "-m", "codecorpus", "preflight", str(recipe), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "\nfetched " in done.stdout
    assert "whole files" in done.stdout.replace("\n", " ")
    assert not list(local_cache.folder().rglob("*"))
