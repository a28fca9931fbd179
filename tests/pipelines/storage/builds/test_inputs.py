"""Sources read the same records from a store as from a local disk."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.foundation.errors import InputError, RetryableError
from codecorpus.pipelines.sources.base import Limits, Source
from codecorpus.pipelines.sources.codeparrot import CodeparrotSource
from codecorpus.pipelines.sources.folder import FolderSource
from codecorpus.pipelines.sources.github import GithubSource
from codecorpus.pipelines.sources.pile import PileSource
from codecorpus.pipelines.storage import local_cache
from codecorpus.pipelines.storage.errors import ChangedError, RemoteError
from codecorpus.pipelines.storage.locations import FileInfo, Location, Url, parse_location
from tests.pipelines.storage.data import LINES, ROWS, TEXTS, upload
from tests.pipelines.storage.stored import writable
from tests.pipelines.storage.web_server import WebServer


@pytest.fixture
def there(inputs: Path, bucket: str, uploaded: dict[str, Url]) -> Url:
    """The same files in a store, for tests that do not change them."""
    scheme = Url(bucket).scheme
    if scheme not in uploaded:
        uploaded[scheme] = upload(inputs, bucket)
    return uploaded[scheme]


@pytest.fixture(scope="module")
def uploaded() -> dict[str, Url]:
    return {}


@pytest.fixture
def own(inputs: Path, bucket: str) -> Url:
    """The same files in a store, for a single test."""
    return upload(inputs, bucket)


Make = Callable[[list[Location]], Source]

KINDS: dict[str, tuple[Make, str]] = {
    "one frame": (PileSource, "pile/one.jsonl.zst"),
    "frames": (PileSource, "pile/many.jsonl.zst"),
    "plain lines": (PileSource, "pile/plain.jsonl"),
    "gzip": (PileSource, "pile/some.jsonl.gz"),
    "a folder of lines": (PileSource, "pile"),
    "parquet": (CodeparrotSource, "codeparrot"),
    "files": (FolderSource, "src/email"),
    "archives": (FolderSource, "src"),
    "zip": (FolderSource, "src/zipped.zip"),
    "a crawl": (GithubSource, "crawl"),
}


def records(source: Source, part_bytes: int) -> Iterator[list[dict[str, Any]]]:
    for inputs in source.plan(part_bytes):
        part: list[dict[str, Any]] = []
        for batch in source.read(inputs, lambda names: np.ones(len(names), np.bool_), Limits()):
            part += batch.to_pylist()
        yield part


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part_bytes", [40_000, 1 << 30])
def test_parts_and_records_equal_the_local_ones(
    inputs: Path, there: Url, kind: str, part_bytes: int
) -> None:
    make, name = KINDS[kind]
    here = list(records(make([inputs / name]), part_bytes))
    assert list(records(make([there / name]), part_bytes)) == here
    assert sum(map(len, here)) >= len(TEXTS)


def test_splits_share_one_copy_on_the_disk(there: Url, monkeypatch: pytest.MonkeyPatch) -> None:
    downloaded = []
    store = writable(there.text)
    download = store.download

    def record(file: FileInfo, path: Path) -> None:
        downloaded.append(file.url)
        download(file, path)

    monkeypatch.setattr(store, "download", record)
    source = PileSource([there / "pile/one.jsonl.zst"])
    parts = list(records(source, 40_000))
    assert len(parts) > 1
    assert downloaded == [f"{there}/pile/one.jsonl.zst"]


def test_without_room_for_a_copy_each_split_reads_the_store(
    inputs: Path, there: Url, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_cache, "_free_bytes", lambda: 0)
    found = list(records(PileSource([there / "pile/one.jsonl.zst"]), 40_000))
    assert found == list(records(PileSource([inputs / "pile/one.jsonl.zst"]), 40_000))


@pytest.mark.parametrize("kind", ["plain lines", "parquet", "archives", "files"])
def test_a_file_that_changed_since_it_was_listed_fails_its_part(own: Url, kind: str) -> None:
    make, name = KINDS[kind]
    source = make([own / name])
    (part,) = source.plan(1 << 30)
    store = writable(own.text)
    for location in set(part["location"].to_pylist()):
        store.write(location.decode(), b"something else")
    with pytest.raises(ChangedError, match="has changed since it was listed"):
        list(source.read(part, lambda names: np.ones(len(names), np.bool_), Limits()))


@pytest.mark.parametrize("kind", ["plain lines", "parquet", "archives", "files"])
def test_a_missing_file_fails_its_part(own: Url, kind: str) -> None:
    make, name = KINDS[kind]
    source = make([own / name])
    (part,) = source.plan(1 << 30)
    store = writable(own.text)
    store.remove(f"{own}/{name}")
    with pytest.raises(InputError, match="gone since it was listed"):
        list(source.read(part, lambda names: np.ones(len(names), np.bool_), Limits()))


@pytest.mark.parametrize("kind", ["plain lines", "gzip", "parquet", "archives"])
def test_a_failing_server_fails_the_task_and_drops_no_record(
    there: Url, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    make, name = KINDS[kind]
    source = make([there / name])
    (part,) = source.plan(1 << 30)

    def broken(*_: object) -> bytes:
        raise RemoteError("the network is down")

    monkeypatch.setattr(writable(there.text), "read", broken)
    with pytest.raises(RetryableError, match="the network is down"):
        list(source.read(part, lambda names: np.ones(len(names), np.bool_), Limits()))


@pytest.mark.parametrize("fault", ["", "whole"])
def test_files_are_read_by_http_with_and_without_ranges(
    inputs: Path, web: WebServer, fault: str
) -> None:
    for kind in ("frames", "gzip", "zip"):
        make, name = KINDS[kind]
        web.files[f"/{name}"] = (inputs / name).read_bytes()
        web.faults[f"/{name}"] = fault
        found = list(records(make([parse_location(f"{web.url}/{name}")]), 40_000))
        assert found == list(records(make([inputs / name]), 40_000))
    web.files["/a.parquet"] = (inputs / "codeparrot/a.parquet").read_bytes()
    web.faults["/a.parquet"] = fault
    source = CodeparrotSource([parse_location(f"{web.url}/a.parquet")])
    expected = list(records(CodeparrotSource([inputs / "codeparrot/a.parquet"]), 40_000))
    assert list(records(source, 40_000)) == expected


def test_a_part_of_lines_fetches_little_more_than_itself(web: WebServer) -> None:
    web.files["/x.jsonl"] = "".join(LINES * 8).encode()
    size = len(web.files["/x.jsonl"])
    source = PileSource([parse_location(f"{web.url}/x.jsonl")])
    parts = list(source.plan(size // 4 + 1))
    assert len(parts) == 4
    for part in parts:
        web.requests.clear()
        for _ in source.read(part, lambda names: np.ones(len(names), np.bool_), Limits()):
            pass
        assert fetched(web) < size // 4 + (300 << 10)


def fetched(web: WebServer) -> int:
    """Bytes requested, without the single byte of each `info`."""
    asked = [text.removeprefix("bytes=").split("-") for _, text in web.requests if text]
    return sum(int(last) - int(begin) for begin, last in asked)


def test_only_the_needed_columns_of_a_parquet_file_are_fetched(
    web: WebServer, tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    rows = [{**row, "ballast": random.bytes(200_000)} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=4)
    web.files["/a.parquet"] = (tmp_path / "a.parquet").read_bytes()
    source = CodeparrotSource([parse_location(f"{web.url}/a.parquet")])
    first, *_ = source.plan(40_000)
    web.requests.clear()
    for _ in source.read(first, lambda names: np.ones(len(names), np.bool_), Limits()):
        pass
    assert fetched(web) < len(web.files["/a.parquet"]) / 2
