"""Crawl recipes: mistakes are reported, and the shipped recipe is valid."""

from pathlib import Path

import pytest

from codecorpus.foundation.config_files.errors import ConfigError
from codecorpus.pipelines.crawl.settings import load_crawl

RECIPES = Path(__file__).parents[3] / "recipes" / "crawls"


def test_the_shipped_recipe_is_that_of_codegeex() -> None:
    settings = load_crawl(RECIPES / "codegeex.yaml").settings
    assert settings.languages == ("Python", "Java", "C++")
    assert settings.min_stars == 1
    assert settings.max_repository_bytes == 10 << 20


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("min_star: 1", "unknown key `min_star`"),
        ("min_stars: -1", "min_stars: got `-1`"),
        ("tokens: [ghp_a-b]", "not the token itself"),
        ("created: {first: yesterday}", "expected a date such as 2008-04-10"),
        ("base_url: http://example.org", "begins with https://"),
        ("search: false", "no way to find repositories"),
        ("forks: maybe", "forks: got `maybe`"),
        ("names: [{stdlib}]", "names[0]: got a mapping; expected a path; YAML takes braces"),
    ],
)
def test_mistakes_are_reported(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "crawl.yaml"
    path.write_text(f"languages: [Python]\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        load_crawl(path)
    assert message in str(caught.value)
    assert "ghp_a-b" not in str(caught.value)


def test_a_missing_recipe_is_reported(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"none.yaml: there is no such file; expected the recipe of a crawl"
    ):
        load_crawl(tmp_path / "none.yaml")
