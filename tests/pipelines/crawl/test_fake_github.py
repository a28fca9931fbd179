"""The fake server's responses match GitHub's published API description."""

import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from tests.pipelines.crawl.crawl_helpers import crawl_into
from tests.pipelines.crawl.fake_github import DESCRIPTION, FakeGitHub, FakeRepository

SEARCH = "/search/repositories?q=language:Python&per_page=100&page=1"
REPOSITORY, COMMIT = "/repos/{owner}/{repo}", "/repos/{owner}/{repo}/commits/{ref}"
TARBALL = "/repos/{owner}/{repo}/tarball/{ref}"


def problems(schema: dict[str, Any], value: Any, where: str = "") -> list[str]:
    """How a value violates a schema of the description (OpenAPI 3.0)."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return problems(DESCRIPTION["components"]["schemas"][name], value, where)
    if value is None and schema.get("nullable"):
        return []
    for key in ("anyOf", "oneOf"):
        if key in schema and all(problems(each, value, where) for each in schema[key]):
            return [f"{where}: none of {key}"]
    found = [each for part in schema.get("allOf", []) for each in problems(part, value, where)]
    kinds: dict[str, Any] = {"string": str, "integer": int, "boolean": bool}
    kinds |= {"object": dict, "array": list, "number": (int, float)}
    kind = kinds.get(schema.get("type", ""))
    if kind is not None and not isinstance(value, kind):
        return [*found, f"{where}: {value!r} is not of type {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{where}: {value!r} is not in {schema['enum']}")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        found += [
            f"{where}.{each} is missing" for each in schema.get("required", []) if each not in value
        ]
        for key, inner in value.items():
            if key in known:
                found += problems(known[key], inner, f"{where}.{key}")
    if isinstance(value, list) and "items" in schema:
        found += [each for item in value for each in problems(schema["items"], item, f"{where}[]")]
    return found


def request(github: FakeGitHub, path: str) -> tuple[int, Any]:
    try:
        with urllib.request.urlopen(f"{github.url}{path}", timeout=5) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


@pytest.mark.parametrize(
    ("repository", "path", "described", "status"),
    [
        ({}, SEARCH, "/search/repositories", 200),
        ({"mirror": True, "license": None, "language": None}, "/repos/o/r", REPOSITORY, 200),
        ({}, "/repos/o/r", REPOSITORY, 200),
        ({"gone": 403}, "/repos/o/r", REPOSITORY, 403),
        ({}, "/repos/o/none", REPOSITORY, 404),
        ({"empty": True}, "/repos/o/r/commits/heads/main", COMMIT, 409),
        ({}, "/repos/o/r/commits/heads/none", COMMIT, 422),
        ({}, "/repos/o/none/commits/heads/main", COMMIT, 404),
        ({}, "/rate_limit", "/rate_limit", 200),
    ],
)
def test_responses_match_the_description(
    github: FakeGitHub, repository: dict[str, Any], path: str, described: str, status: int
) -> None:
    github.repositories = [FakeRepository(1, "o/r", **repository)]
    code, value = request(github, path)
    assert code == status
    assert problems(DESCRIPTION["paths"][described][str(status)], value) == []


def _pattern(template: str) -> re.Pattern[str]:
    """Matches the paths of a template; a reference may contain slashes, as branches do."""
    parts = template.replace("{ref}", "(.+)").replace("{owner}/{repo}", "[^/]+/[^/]+")
    return re.compile(parts)


def test_every_request_of_a_crawl_is_in_the_description(github: FakeGitHub, tmp_path: Path) -> None:
    github.repositories = [FakeRepository(1, "o/r", branch="topic/a"), FakeRepository(2, "o/s")]
    (tmp_path / "names.txt").write_text("o/s\n")
    crawl_into(tmp_path / "out", github, names=["names.txt"], search=False)
    crawl_into(tmp_path / "more", github)
    requested = {urlsplit(each).path for each in github.requests if not each.startswith("archive")}
    templates = {each: _pattern(each) for each in DESCRIPTION["paths"]}
    used = {
        next((each for each, pattern in templates.items() if pattern.fullmatch(path)), path)
        for path in requested
    }
    assert used == {"/search/repositories", REPOSITORY, COMMIT, TARBALL}
    assert github.limit_requests == 2


def test_the_crawl_reads_only_required_fields() -> None:
    required = set(DESCRIPTION["components"]["schemas"]["repo-search-result-item"]["required"])
    needed = {"id", "full_name", "default_branch", "language", "stargazers_count", "size"}
    assert required >= needed | {"created_at", "fork", "archived", "disabled", "private"}


def test_a_response_that_violates_the_description_is_detected() -> None:
    schema = DESCRIPTION["paths"]["/search/repositories"]["200"]
    assert problems(schema, {"total_count": "1", "items": [{}]})
