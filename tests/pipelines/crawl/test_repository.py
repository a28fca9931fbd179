"""Repository descriptions are validated, and decide whether a repository is skipped."""

from dataclasses import replace
from typing import Any

import pytest

from codecorpus.pipelines.crawl.repository import (
    RepositoryInfo,
    is_name,
    parse_repository,
    skip_reason,
)
from codecorpus.pipelines.crawl.settings import CrawlSettings
from codecorpus.pipelines.sources.opt_out import OptOut
from tests.pipelines.crawl.fake_github import FakeRepository, describe

INFO = RepositoryInfo(
    7, "o/r", "main", "Python", 5, 10 << 10, "MIT", 1_500_000_000, False, False, False, False, False
)


def test_both_kinds_of_description_are_parsed() -> None:
    assert parse_repository(describe(FakeRepository(7, "o/r"), "full-repository")) == INFO
    assert parse_repository(describe(FakeRepository(7, "o/r"), "repo-search-result-item")) == INFO


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
def test_invalid_values_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"repository|Invalid isoformat"):
        parse_repository(describe(FakeRepository(7, "o/r"), "full-repository") | change)


@pytest.mark.parametrize("value", [None, [], "o/r", {}])
def test_other_json_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a repository object"):
        parse_repository(value)


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
def test_the_first_reason_to_skip_is_returned(change: dict[str, Any], reason: str | None) -> None:
    settings = CrawlSettings(languages=("Python",))
    assert skip_reason(replace(INFO, **change), settings, OptOut(["quiet"]), {"pile/r"}) == reason


@pytest.mark.parametrize(
    ("text", "valid"),
    [("o/r", True), ("o-1/.r_2", True), ("o/..", False), ("o/r/s", False), ("/r", False)],
)
def test_valid_names_are_safe_as_paths(text: str, valid: bool) -> None:
    assert is_name(text) is valid
