"""A crawl's archives are fetched by the workers of an engine, each once, under one budget."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from codecorpus.pipelines.crawl.clock import SystemClock
from tests.engines.running import Cluster, Command
from tests.pipelines.crawl.crawl_helpers import listed
from tests.pipelines.crawl.fake_github import GitHub, some


@pytest.fixture
def server() -> Iterator[GitHub]:
    github = GitHub(SystemClock(), *some(40))
    yield github
    github.close()


def test_spark_cluster(
    server: GitHub, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    recipe, out = tmp_path / "crawl.yaml", tmp_path / "out"
    recipe.write_text(f"languages: [Python]\nbase_url: {server.url}\n")
    words = ["crawl", str(recipe), "--out", str(out), "--runner", "spark", "--"]
    done = Command(*words, *cluster.options("EXTERNAL")).wait()
    assert done.returncode == 0, done.stderr
    assert "40 repositories, listed in" in done.stdout
    assert len(listed(out)) == 40
    assert server.count("archive") == 40
    assert server.spent["core"] == 80
    assert server.violations == []
