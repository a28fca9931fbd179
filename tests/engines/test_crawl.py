"""The workers of an engine download each archive of a crawl once, within one rate limit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.pipelines.crawl.clock import SystemClock
from tests.engines.running import Cluster, Command
from tests.pipelines.crawl.crawl_helpers import read_listing
from tests.pipelines.crawl.fake_github import FakeGitHub, make_repositories


@pytest.fixture
def server() -> Iterator[FakeGitHub]:
    github = FakeGitHub(SystemClock(), *make_repositories(40))
    yield github
    github.close()


def test_spark_cluster(
    server: FakeGitHub, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    recipe, out = tmp_path / "crawl.yaml", tmp_path / "out"
    recipe.write_text(f"languages: [Python]\nbase_url: {server.url}\n")
    words = ["crawl", str(recipe), "--out", str(out), "--runner", "spark", "--"]
    done = Command(*words, *cluster.options("EXTERNAL")).wait()
    assert done.returncode == 0, done.stderr
    assert "40 repositories, listed in" in done.stdout
    assert len(read_listing(out)) == 40
    assert server.count("archive") == 40
    assert server.spent["core"] == 80
    assert server.violations == []
