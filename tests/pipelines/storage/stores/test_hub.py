"""Data sets of the Hugging Face hub, on a small hub on loopback."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.codeparrot import CodeparrotSettings as Settings
from codecorpus.pipelines.sources.codeparrot import CodeparrotSource
from codecorpus.pipelines.sources.paths import resolve_paths
from codecorpus.pipelines.storage.stores import store_of
from tests.pipelines.storage.hub_server import HubServer

ROOT = "hf://datasets/owner/set"


def parquet(texts: list[str]) -> bytes:
    sink = pa.BufferOutputStream()
    rows = [{"code": text, "repo_name": "a/b", "path": f"{text}.py"} for text in texts]
    pq.write_table(pa.Table.from_pylist(rows), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def test_files_that_match_a_pattern_are_read(hub: HubServer) -> None:
    hub.files = {
        "data/train-0.parquet": parquet(["one", "two"]),
        "data/train-1.parquet": parquet(["three"]),
        "data/note.txt": b"no",
        "extra.json.gz": b"no",
    }
    paths = resolve_paths(Settings(paths=(f"{ROOT}/data/*.parquet",)), Path("/"))
    assert [str(path) for path in paths] == [f"{ROOT}/data/train-{n}.parquet" for n in (0, 1)]
    source = CodeparrotSource(paths)
    (part,) = source.plan(1 << 30)
    batches = source.read(part, lambda names: np.ones(len(names), np.bool_), Limits())
    read = [row for batch in batches for row in batch.to_pylist()]
    assert [row["content"] for row in read] == [b"one", b"two", b"three"]


def test_a_folder_of_the_hub_is_listed(hub: HubServer) -> None:
    hub.files = {"data/a.json": json.dumps({"code": "x"}).encode(), "data/b/c.json": b""}
    files = store_of(ROOT).find_files(f"{ROOT}/data")
    assert sorted(file.url for file in files) == [f"{ROOT}/data/a.json", f"{ROOT}/data/b/c.json"]
    info = store_of(ROOT).info(f"{ROOT}/data/a.json")
    assert info in files
    assert info is not None
    assert info.stamp


def test_a_range_has_the_file_s_bytes(hub: HubServer) -> None:
    hub.files = {"x.jsonl": bytes(range(200))}
    assert store_of(ROOT).read(f"{ROOT}/x.jsonl", 20, 120) == bytes(range(20, 120))


def test_the_token_of_the_environment_is_used(
    hub: HubServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.files = {"x.jsonl": b"0123456789"}
    hub.token = "hf_secret"
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    assert store_of(ROOT).read(f"{ROOT}/x.jsonl", 0, 4) == b"0123"


def test_a_gated_set_without_a_token_seems_missing(hub: HubServer) -> None:
    hub.files = {"x.jsonl": b"0123456789"}
    hub.token = "hf_secret"
    with pytest.raises(UsageError, match=r"no such file or folder.*private or gated.*HF_TOKEN"):
        resolve_paths(Settings(paths=(f"{ROOT}/x.jsonl",)), Path("/"))


def test_a_missing_file_or_set_has_no_info(hub: HubServer) -> None:
    hub.files = {"x.jsonl": b"1"}
    assert store_of(ROOT).info(f"{ROOT}/none.jsonl") is None
    assert store_of(ROOT).info("hf://datasets/owner/none/x.jsonl") is None
