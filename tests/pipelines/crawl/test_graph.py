"""Archives are downloaded by the workers of a Beam runner."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from codecorpus.foundation.errors import RetryableError, StorageError
from codecorpus.pipelines.crawl import graph
from codecorpus.pipelines.crawl.download import ThreadedExecutor
from codecorpus.pipelines.crawl.fetch_jobs import FetchJob, FetchResult, StoredArchive
from codecorpus.pipelines.crawl.graph import BeamExecutor, report
from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.engines.options import make_options
from tests.pipelines.crawl.crawl_helpers import crawl_into, read_listing
from tests.pipelines.crawl.fake_github import FakeGitHub, make_repositories

SETTINGS = CrawlSettings(
    languages=("Python",), max_repository_bytes=1, timeout_seconds=1.0, archive_seconds=1.0
)
JOB = FetchJob(1, "a" * 40, "http://127.0.0.1:9/x", "repositories/o/r@a.tar.gz")
SEVERAL_PROCESSES = [
    "--runner=FnApiRunner",
    "--direct_running_mode=multi_processing",
    "--direct_num_workers=3",
    "--default_sdk_harness_log_level=ERROR",
]


def fetch_with(
    options: PipelineOptions, github: FakeGitHub, out: Path, batch_size: int | None
) -> list[Any]:
    executor = partial(BeamExecutor, options=options, threads=2, batch_size=batch_size)
    crawl_into(out, github, executor=executor)
    return read_listing(out)


@pytest.mark.parametrize("batch_size", [None, 2])
def test_the_graph_fetches_each_archive_once(
    github: FakeGitHub, tmp_path: Path, batch_size: int | None
) -> None:
    github.core = 8  # a round is downloaded while the next one waits for the rate limit
    github.repositories = make_repositories(9)
    lines = fetch_with(make_options("local", []), github, tmp_path / "out", batch_size)
    assert [line["id"] for line in lines] == list(range(1, 10))
    assert github.count("archive") == 9
    assert github.spent["core"] == 18
    assert github.violations == []


@pytest.mark.slow
def test_workers_may_be_several_processes(github: FakeGitHub, tmp_path: Path) -> None:
    github.repositories = make_repositories(20)
    lines = fetch_with(PipelineOptions(SEVERAL_PROCESSES), github, tmp_path / "out", 2)
    assert len(lines) == 20
    assert github.count("archive") == 20
    assert github.violations == []


def test_a_folder_that_cannot_be_written_to_ends_the_crawl(
    github: FakeGitHub, tmp_path: Path
) -> None:
    github.repositories = make_repositories(2)
    out = tmp_path / "out"
    (out / "repositories").mkdir(parents=True)
    (out / "repositories" / "owner1").write_text("in the way")
    with pytest.raises(StorageError, match="owner1"):
        fetch_with(make_options("local", []), github, out, None)


def test_a_failing_runner_is_reported_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no worker is left\nand a long traceback")

    monkeypatch.setattr(graph, "ThreadedExecutor", broken)
    options = make_options("local", [])
    executor = BeamExecutor(SETTINGS, tmp_path, options, threads=1, batch_size=None)
    with pytest.raises(RetryableError, match="failed on a round of 1 archives: no worker is left;"):
        list(executor.run([JOB]))


def test_a_worker_reports_that_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "repositories").write_text("in the way")
    (result,) = ThreadedExecutor(SETTINGS, tmp_path, threads=1).run([JOB])
    assert result.status == "storage_error"
    assert "Not a directory" in result.reason


def test_a_report_can_be_written_twice_and_read_back(tmp_path: Path) -> None:
    stored = StoredArchive("repositories/o/r@a.tar.gz", 10, "ab", 20, 1, 0, 0)
    result = FetchResult(7, stored.archive, "stored", stored=stored)
    report(result, str(tmp_path))
    report(result, str(tmp_path))
    (path,) = tmp_path.iterdir()
    assert FetchResult.from_json(path.read_text()) == result
