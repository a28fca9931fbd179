"""How many requests readers send to a store, in total and at a time."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.foundation.errors import InputError
from codecorpus.pipelines.sources.base import Limits, Source
from codecorpus.pipelines.sources.codeparrot import CodeparrotSource
from codecorpus.pipelines.sources.folder import FolderSource
from codecorpus.pipelines.storage import prefetch
from codecorpus.pipelines.storage.glob import expand
from codecorpus.pipelines.storage.locations import Url
from tests.pipelines.storage.object_server import ObjectServer

FILES = {f"src/r/{number:03d}.py": b"# %d\n" % number * number for number in range(100)}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectServer]:
    with ObjectServer() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
            monkeypatch.setenv(name, "test")
        yield server


def read(source: Source, part: pa.Table) -> list[dict[str, Any]]:
    def needs_content(names: pa.RecordBatch) -> Any:
        return np.array([not path.endswith("5.py") for path in names["path"].to_pylist()])

    return [
        row for batch in source.read(part, needs_content, Limits()) for row in batch.to_pylist()
    ]


def test_a_loose_file_costs_one_request_and_several_run_at_once(store: ObjectServer) -> None:
    store.objects, store.delay = dict(FILES), 0.02
    source = FolderSource([Url("s3://b/src")], repositories="children")
    (part,) = source.plan(1 << 30)
    store.requests.clear()
    store.peak = 0
    found = read(source, part)
    assert [row["path"] for row in found] == [key.removeprefix("src/r/") for key in sorted(FILES)]
    for row in found:
        unread = row["path"].endswith("5.py")
        assert row["content"] == (None if unread else FILES[f"src/r/{row['path']}"])
    asked = [f"GET /b/{key}" for key in FILES if not key.endswith("5.py")]
    assert sorted(store.requests) == sorted(asked)
    assert 1 < store.peak <= prefetch.CONCURRENCY


def test_no_more_is_requested_than_may_be_held(
    store: ObjectServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.objects = {f"src/r/{number}.py": bytes([65 + number]) * 1_000 for number in range(9)}
    source = FolderSource([Url("s3://b/src")], repositories="children")
    (part,) = source.plan(1 << 30)
    monkeypatch.setattr(
        prefetch.Prefetcher.__init__, "__kwdefaults__", {"concurrency": 4, "max_bytes": 2_500}
    )
    store.delay, store.peak = 0.02, 0
    found = read(source, part)
    assert [row["content"] for row in found if row["content"]] == [
        store.objects[f"src/r/{row['path']}"] for row in found if row["content"]
    ]
    assert store.peak == 2


@pytest.mark.parametrize("change", ["changed", "missing"])
def test_a_loose_file_that_changed_since_it_was_listed_fails_its_part(
    store: ObjectServer, change: str
) -> None:
    store.objects = dict(FILES)
    source = FolderSource([Url("s3://b/src")], repositories="children")
    (part,) = source.plan(1 << 30)
    if change == "missing":
        del store.objects["src/r/077.py"]
    else:
        store.objects["src/r/077.py"] = b"x" * len(FILES["src/r/077.py"])
    with pytest.raises(InputError, match=r"src/r/077.py: .*since it was listed"):
        read(source, part)


@pytest.mark.parametrize("path", ["cp", "cp/*.parquet"])
def test_planning_a_parquet_file_reads_only_its_footer(store: ObjectServer, path: str) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"code": ["x = 1\n"] * 9}), sink)
    data = sink.getvalue().to_pybytes()
    store.objects, store.delay = {f"cp/{number:02d}.parquet": data for number in range(20)}, 0.02

    store.requests.clear()
    store.peak = 0
    source = CodeparrotSource(expand(Url(f"s3://b/{path}")))
    (part,) = source.plan(1 << 30)
    assert part["name"].to_pylist() == [
        f"{'cp/' if path == 'cp' else ''}{number:02d}.parquet" for number in range(20)
    ]
    of_files = Counter(text for text in store.requests if ".parquet" in text)
    assert of_files == {f"GET /b/cp/{number:02d}.parquet": 1 for number in range(20)}
    assert len(store.requests) - 20 <= 3, "requests about the folder"
    assert 1 < store.peak <= 8
