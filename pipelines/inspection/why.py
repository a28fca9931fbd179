"""Explains the decisions about a file, in the order in which they were made."""

import difflib
import json
import re
from typing import Any

import pyarrow.compute as pc
from rich.console import Console

from codecorpus.filters.rule import Threshold
from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.corpus.layout import DUPLICATES, LEDGER, ROWS, unreadable_file
from codecorpus.pipelines.corpus.reader import open_build
from codecorpus.pipelines.inspection.provenance import provenance
from codecorpus.pipelines.recipe.loader import load_resolved
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Location

_CONTENT_ID = re.compile(r"[0-9a-fA-F]{6,40}")
_SHOWN = 20


class NotFoundError(CodecorpusError):
    """The build has no such record."""


def print_explanation(path: Location, query: str) -> None:
    """Print the decisions about a file.

    Args:
        path: the output folder.
        query: `repository/path`, or at least the first 6 digits of a content id.

    Raises:
        NotFoundError: the build has no such record; suggests similar names.
    """
    folder, _ = open_build(path)
    try:
        _print_explanation(folder, path, query)
    finally:
        folder.remove_copies()


def _print_explanation(folder: Folder, path: Location, query: str) -> None:
    recipe = load_resolved(folder.path("recipe.yaml"))
    rows = find(folder, query)
    if not rows:
        raise NotFoundError(_not_found(folder, path, query))
    console = Console(highlight=False, markup=False)
    for row in rows[:_SHOWN]:
        for line in explain(folder, recipe, row):
            console.print(line, soft_wrap=True)
        console.print()
    if len(rows) > _SHOWN:
        console.print(f"and {len(rows) - _SHOWN} more records")


def find(folder: Folder, query: str) -> list[dict[str, Any]]:
    """The ledger rows that match a query, in the order of parts and rows."""
    found: list[dict[str, Any]] = []
    if _CONTENT_ID.fullmatch(query):
        low = bytes.fromhex(query.lower().ljust(40, "0"))
        high = bytes.fromhex(query.lower().ljust(40, "f"))
        column = pc.field("content_id")
        found = (
            folder.dataset(LEDGER).to_table(filter=(column >= low) & (column <= high)).to_pylist()
        )
    if not found:
        name = pc.binary_join_element_wise(pc.field("repository"), pc.field("path"), "/")
        found = folder.dataset(LEDGER).to_table(filter=name == query).to_pylist()
    return sorted(found, key=lambda row: (row["part"], row["row"]))


def explain(folder: Folder, recipe: Recipe, row: dict[str, Any]) -> list[str]:
    """Describe all decisions about one record, as lines of text."""
    verdict = row["decision"] + (f" ({row['reason']})" if row["reason"] else "")
    lines = [
        f"{row['repository']}/{row['path']}: {verdict}",
        f"  record      {row['source']}, part {row['part']}, row {row['row']}",
        *provenance(folder, row),
    ]
    if row["content_id"]:
        lines.append(f"  content id  {row['content_id'].hex()}, {row['size']:,} bytes")
    else:
        lines.append("  content id  none: the file was not read")
    lines += _unreadable(folder, row)
    if row["language"]:
        lines.append(f"  language    {row['language']}")
    if row["natural_language"]:
        lines.append(f"  comments    {row['natural_language']}")
    lines += _rules(recipe, row)
    lines += _duplicate(folder, row)
    if row["decision"] == "kept":
        lines += _placements(folder, row)
    return lines


def _unreadable(folder: Folder, row: dict[str, Any]) -> list[str]:
    name = unreadable_file(row["part"])
    if row["decision"] != "unreadable" or not folder.exists(name):
        return []
    details = (json.loads(line) for line in folder.read_bytes(name).decode().splitlines())
    return [f"  error       {item['detail']}" for item in details if item["row"] == row["row"]]


def _rules(recipe: Recipe, row: dict[str, Any]) -> list[str]:
    """A line for each rule, with the signal of the file, the limits, and whether it passed."""
    if row["content_id"] is None or row["decision"] == "unreadable":
        return []
    lines = []
    for name, rule in recipe.rules().items():
        failed = (row["reason"] or "").startswith(f"{name}.")
        signal = row[rule.signal] if isinstance(rule, Threshold) else row.get(name)
        limits = _limits(rule, row["language"])
        state = "fails" if failed else "passes" if _reached(recipe, row, name) else "not reached"
        lines.append(f"  rule        {name}: {_show(signal)}{limits}: {state}")
    return lines


def _limits(rule: Any, language: str | None) -> str:  # noqa: ANN401 - any rule
    if not isinstance(rule, Threshold):
        return ""
    low, high = rule.limits_of(language)
    parts = [f"min {_show(low)}"] if low is not None else []
    parts += [f"max {_show(high)}"] if high is not None else []
    return f" ({', '.join(parts)})" if parts else ""


def _show(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.4g}"
    return f"{int(value):,}" if isinstance(value, int | float) else str(value)


def _reached(recipe: Recipe, row: dict[str, Any], name: str) -> bool:
    """Whether a rule was applied, because nothing before it had dropped the file."""
    reason = row["reason"] or ""
    if reason.startswith(("language.", "repository.")) and reason != "repository.earlier_source":
        return False
    names = list(recipe.rules())
    failed = reason.split(".")[0]
    return failed not in names or names.index(name) < names.index(failed)


def _duplicate(folder: Folder, row: dict[str, Any]) -> list[str]:
    if row["decision"] != "duplicate":
        return []
    keep = (pc.field("part") == row["duplicate_of_part"]) & (
        pc.field("row") == row["duplicate_of_row"]
    )
    survivor = (
        folder.dataset(LEDGER).to_table(columns=["repository", "path"], filter=keep).to_pylist()[0]
    )
    pair = (pc.field("content_id") == row["content_id"]) & (
        pc.field("duplicate_of") == row["duplicate_of"]
    )
    similarity = folder.dataset(DUPLICATES).to_table(filter=pair)["similarity"][0].as_py()
    return [
        f"  survivor    {survivor['repository']}/{survivor['path']} ({row['duplicate_of'].hex()})",
        f"  similarity  {similarity:.3f}",
    ]


def _placements(folder: Folder, row: dict[str, Any]) -> list[str]:
    same_content = pc.field("content_id") == row["content_id"]
    segments = folder.dataset(ROWS).to_table(filter=same_content).sort_by("segment").to_pylist()
    lines = [f"  tokens      {row['tokens']:,}"]
    lines += [
        f"  segment     {item['segment'] + 1} of {item['segments']}: row {item['row']}, ids "
        f"{item['offset']} to {item['offset'] + item['length'] - 1}"
        for item in segments[:_SHOWN]
    ]
    if len(segments) > _SHOWN:
        lines.append(f"  and {len(segments) - _SHOWN} more segments")
    return lines


def _not_found(folder: Folder, path: Location, query: str) -> str:
    best = difflib.get_close_matches(query, _candidates(folder, query), 3, 0.6)
    hint = "".join(f"\n  {name}" for name in best)
    return (
        f"{path} has no record of {query!r}; expected repository/path as in the ledger, "
        "or a content id (6 to 40 hexadecimal digits)" + (f"; similar names:{hint}" if hint else "")
    )


def _candidates(folder: Folder, query: str) -> list[str]:
    """Names to compare with a query: those of its repository, and those with its file name.

    If there are none, all names; in either case at most 10,000.
    """
    names = folder.dataset(LEDGER).to_table(columns=["repository", "path"])
    repository, base = query.split("/", 1)[0], query.rsplit("/", 1)[-1]
    is_related = pc.or_(
        pc.equal(names["repository"], repository),
        pc.or_(pc.equal(names["path"], base), pc.ends_with(names["path"], "/" + base)),
    )
    related = names.filter(is_related) if pc.any(is_related).as_py() else names
    return [f"{row['repository']}/{row['path']}" for row in related.slice(0, 10_000).to_pylist()]
