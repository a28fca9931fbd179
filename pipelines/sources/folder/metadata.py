"""Reads a table of facts about repositories: stars and licences."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import UnreadableError
from codecorpus.pipelines.sources.folder.inputs import RepositoryFacts
from codecorpus.pipelines.sources.io import read_whole
from codecorpus.pipelines.storage.locations import Location


def read_metadata(path: Location) -> dict[str, RepositoryFacts]:
    """Stars and licences by repository name.

    Args:
        path: a .csv with a header, or a .jsonl, in UTF-8, with the columns `repository`, `stars`
            and `license`; an empty cell or null means unknown.

    Raises:
        UsageError: the table cannot be read, or a row is wrong; names the row.
    """
    try:
        lines = io.StringIO(read_whole(path).decode(), newline="")
        rows = list(_json_rows(lines) if path.name.endswith(".jsonl") else csv.DictReader(lines))
    except (OSError, ValueError, UnreadableError) as error:
        raise UsageError(f"{path}: {error}; expected a table in UTF-8") from error
    facts: dict[str, RepositoryFacts] = {}
    for number, row in enumerate(rows, 1):
        name = row.get("repository")
        if not name or name in facts:
            what = f"a second row for {name!r}" if name else "no `repository`"
            raise UsageError(f"{path}: row {number}: {what}; expected one row for each repository")
        facts[name] = RepositoryFacts(
            stars=_stars(row.get("stars"), f"{path}: row {number}"),
            license=str(row["license"]) if row.get("license") else None,
        )
    return facts


def _json_rows(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        if line.strip():
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError(f"got {line.strip()[:40]!r} where a JSON object was expected")
            yield row


def _stars(value: object, where: str) -> int | None:
    if value is None or value == "":
        return None
    try:
        stars = int(str(value))
    except ValueError:
        stars = -1
    if not 0 <= stars < 1 << 31:
        raise UsageError(f"{where}: stars is {value!r}; expected a number from 0, or no value")
    return stars
