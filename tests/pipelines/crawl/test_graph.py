"""Archives are fetched by the workers of a runner; what needs a token stays with one process."""

from pathlib import Path
from typing import Any

import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from codecorpus.foundation.errors import RetryableError, StorageError
from codecorpus.pipelines.crawl import graph
from codecorpus.pipelines.crawl.download import Threads
from codecorpus.pipelines.crawl.fetch_jobs import Delivery, Order, Stored, Terms
from codecorpus.pipelines.crawl.graph import BeamCarrier, report
from codecorpus.pipelines.engines.options import make_options
from tests.pipelines.crawl.crawl_helpers import crawl_into, listed
from tests.pipelines.crawl.fake_github import GitHub, some

SEVERAL_PROCESSES = [
    "--runner=FnApiRunner",
    "--direct_running_mode=multi_processing",
    "--direct_num_workers=3",
    "--default_sdk_harness_log_level=ERROR",
]


def fetched_by(github: GitHub, out: Path, options: PipelineOptions, batch: int | None) -> list[Any]:
    def carrier(terms: Terms) -> BeamCarrier:
        return BeamCarrier(terms, options, threads=2, batch=batch)

    crawl_into(out, github, carrier=carrier)
    return listed(out)


@pytest.mark.parametrize("batch", [None, 2])
def test_the_graph_fetches_each_archive_once(
    github: GitHub, tmp_path: Path, batch: int | None
) -> None:
    github.core = 8  # so that a round is fetched while the next one waits for its budget
    github.repositories = some(9)
    lines = fetched_by(github, tmp_path / "out", make_options("local", []), batch)
    assert [line["id"] for line in lines] == list(range(1, 10))
    assert github.count("archive") == 9
    assert github.spent["core"] == 18
    assert github.violations == []


@pytest.mark.slow
def test_the_workers_may_be_several_processes(github: GitHub, tmp_path: Path) -> None:
    github.repositories = some(20)
    lines = fetched_by(github, tmp_path / "out", PipelineOptions(SEVERAL_PROCESSES), 2)
    assert len(lines) == 20
    assert github.count("archive") == 20
    assert github.violations == []


def test_a_folder_that_cannot_be_written_to_ends_the_crawl(github: GitHub, tmp_path: Path) -> None:
    github.repositories = some(2)
    out = tmp_path / "out"
    (out / "repositories").mkdir(parents=True)
    (out / "repositories" / "owner1").write_text("in the way")
    with pytest.raises(StorageError, match="owner1"):
        fetched_by(github, out, make_options("local", []), None)


def test_a_runner_that_gives_up_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no executor is left\nand a trace of many lines")

    monkeypatch.setattr(graph, "Threads", broken)
    terms = Terms(str(tmp_path), 1, 1.0, 1.0)
    carrier = BeamCarrier(terms, make_options("local", []), threads=1, batch=None)
    order = Order(1, "a" * 40, "http://127.0.0.1:9/x", "repositories/o/r@a.tar.gz")
    with pytest.raises(RetryableError, match="gave up a round of 1 archives: no executor is left;"):
        list(carrier.carry([order]))


def test_a_worker_says_that_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "repositories").write_text("in the way")
    order = Order(1, "a" * 40, "http://127.0.0.1:9/x", "repositories/o/r@a.tar.gz")
    (delivery,) = Threads(Terms(str(tmp_path), 1, 1.0, 1.0), threads=1).carry([order])
    assert (delivery.kind, "Not a directory" in delivery.reason) == ("storage", True)


def test_a_report_reads_back_and_may_be_written_twice(tmp_path: Path) -> None:
    stored = Stored("repositories/o/r@a.tar.gz", 10, "ab", 20, 1, 0, 0)
    delivery = Delivery(7, stored.archive, "stored", stored=stored)
    report(delivery, str(tmp_path))
    report(delivery, str(tmp_path))
    (path,) = tmp_path.iterdir()
    assert Delivery.from_json(path.read_text()) == delivery
