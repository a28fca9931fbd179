"""What GitHub says of a repository is read strictly, and decides whether it is wanted."""

from dataclasses import replace
from typing import Any

import pytest

from codecorpus.pipelines.crawl.repository import Facts, is_name, read_facts, unwanted
from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.sources.opt_out import OptOut
from tests.pipelines.crawl.fake_github import Repository, describe

FACTS = Facts(
    7, "o/r", "main", "Python", 5, 10 << 10, "MIT", 1_500_000_000, False, False, False, False, False
)


def test_an_answer_becomes_facts() -> None:
    assert read_facts(describe(Repository(7, "o/r"), "full-repository")) == FACTS
    assert read_facts(describe(Repository(7, "o/r"), "repo-search-result-item")) == FACTS


@pytest.mark.parametrize(
    "change",
    [
        {"id": "7"},
        {"id": True},
        {"id": -1},
        {"stargazers_count": None},
        {"full_name": "../../etc"},
        {"full_name": "o/.."},
        {"full_name": "o/a b"},
        {"created_at": "yesterday"},
        {"size": 1 << 60},
    ],
)
def test_what_is_no_repository_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"repository|Invalid isoformat"):
        read_facts(describe(Repository(7, "o/r"), "full-repository") | change)


@pytest.mark.parametrize("value", [None, [], "o/r", {}])
def test_an_answer_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no repository"):
        read_facts(value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, None),
        ({"private": True}, "private"),
        ({"disabled": True}, "disabled"),
        ({"name": "Quiet/r"}, "opted_out"),
        ({"name": "pile/R"}, "excluded"),
        ({"private": True, "stars": 0}, "private"),
    ],
)
def test_why_a_repository_is_not_wanted(change: dict[str, Any], reason: str | None) -> None:
    settings = CrawlSettings(languages=("Python",))
    assert unwanted(replace(FACTS, **change), settings, OptOut(["quiet"]), {"pile/r"}) == reason


@pytest.mark.parametrize(
    ("text", "valid"),
    [("o/r", True), ("o-1/.r_2", True), ("o/..", False), ("o/r/s", False), ("/r", False)],
)
def test_names_are_safe_as_paths(text: str, valid: bool) -> None:
    assert is_name(text) is valid
