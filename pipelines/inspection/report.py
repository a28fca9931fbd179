"""Prints the report of a build: files by decision and reason, languages, rows."""

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from codecorpus.pipelines.corpus.reader import open_build
from codecorpus.pipelines.inspection import reference_corpus
from codecorpus.pipelines.storage.locations import Location

_SHOWN = 20

WIDTH = 80
"""Columns of the report if the output is not a terminal."""

_SHORT = {"none": "(too short)", "unclear": "(unclear)"}
"""Displayed values of `filters.natural_language` that are not languages."""


def print_report(path: Location) -> None:
    """Print the report of a complete build.

    Raises:
        NoBuildError: the folder contains no complete build.
    """
    _, manifest = open_build(path)
    console = terminal()
    read = manifest["read"]
    console.print(
        f"[bold]{manifest['name']}[/]: {manifest['records']:,} files found, "
        f"{read['files']:,} read ({_megabytes(read['bytes'])} MB)\n"
    )
    for line in _skipped(manifest):
        console.print(line, soft_wrap=True)
    console.print(_decisions(manifest))
    console.print(_languages(manifest))
    if manifest["natural_languages"]:
        console.print(_natural_languages(manifest["natural_languages"]))
    for line in (*_rows(manifest), *_ignored_records(manifest["passed_over"])):
        console.print(line)


def print_next_steps(path: Location) -> None:
    """Print commands to use with a complete build."""
    console = terminal()
    console.print("\nNext:")
    called = Path(sys.argv[0])  # printed so that it can be copied and run
    name = str(_relative_to_cwd(called)) if called.name == "codecorpus" else "codecorpus"
    for command, meaning in (
        (f"{name} verify {path}", "check counts and digests, and that rows decode"),
        (f"{name} why {path} REPO/PATH", "every decision about one file"),
        (
            f'datasets.load_from_disk("{path / "shards"}")',
            "the rows, in Python",
        ),
    ):
        console.print(f"  {command}\n      {meaning}", soft_wrap=True, highlight=False)


def _relative_to_cwd(path: Path) -> Path:
    """A path relative to the current folder, if it is inside."""
    absolute = path.absolute()
    return absolute.relative_to(Path.cwd()) if absolute.is_relative_to(Path.cwd()) else path


def terminal() -> Console:
    """Standard output, as wide as the terminal, or WIDTH if it is not a terminal."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(width=WIDTH, highlight=False)


def _decisions(manifest: dict[str, Any]) -> Table:
    """One line for each reason, below its decision, most files first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("decision", min_width=40)
    table.add_column("files", justify="right")
    table.add_column("share", justify="right")
    groups: dict[str, dict[str, int]] = {
        "kept": {},
        "dropped": {},
        "duplicate": {},
        "unreadable": {},
    }
    for reason, count in manifest["counts"].items():
        groups[decision_of(reason)][reason] = count
    total = max(manifest["records"], 1)
    for decision, reasons in groups.items():
        if not reasons:
            continue
        count = sum(reasons.values())
        table.add_row(decision, f"{count:,}", f"{count / total:.1%}", style="bold")
        if decision == "kept":
            continue
        for reason, part in sorted(reasons.items(), key=lambda item: (-item[1], item[0])):
            table.add_row(f"  {reason}", f"{part:,}", f"{part / total:.1%}")
    table.add_row("all", f"{manifest['records']:,}", "", style="bold", end_section=True)
    return table


def _skipped(manifest: dict[str, Any]) -> list[str]:
    """Lines about the parts that failed and were skipped."""
    skipped = manifest.get("skipped", [])
    if not skipped:
        return []
    lines = [
        f"[bold red]WITHOUT {len(skipped):,} of {len(manifest['parts']):,} parts[/], which failed "
        "(--skip-failed); their inputs count as unreadable.skipped:"
    ]
    for part in skipped[:_SHOWN]:
        error = escape(f"{part['stage']}: {part['error']}")
        lines.append(
            f"  part {part['part']} of {escape(part['source'])}, {part['inputs']:,} inputs, "
            f"{_megabytes(part['bytes'])} MB: {error}"
        )
    if len(skipped) > _SHOWN:
        lines.append(f"  and {len(skipped) - _SHOWN} more, in manifest.json")
    return [*lines, ""]


def decision_of(reason: str) -> str:
    """The decision that a reason of the manifest's counts belongs to."""
    if reason == "kept":
        return "kept"
    if reason in {"exact_duplicate", "near_duplicate"}:
        return "duplicate"
    return "unreadable" if reason.startswith("unreadable.") else "dropped"


def _languages(manifest: dict[str, Any]) -> Table:
    """One line for each language, most tokens first, compared with CodeGeeX's share."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("\nlanguage", min_width=18)
    for name in ("files", "MB", "tokens", "share", "CodeGeeX"):
        table.add_column(f"\n{name}", justify="right")
    total = max(sum(manifest["tokens"].values()), 1)
    languages = manifest["languages"]
    for language in sorted(languages, key=lambda name: (-languages[name]["tokens"], name)):
        sums = languages[language]
        table.add_row(
            language,
            f"{sums['files']:,}",
            _megabytes(sums["bytes"]),
            f"{sums['tokens']:,}",
            f"{sums['tokens'] / total:.2%}",
            f"{reference_corpus.token_share(language):.2%}",
        )
    table.add_row(
        "all",
        f"{sum(sums['files'] for sums in languages.values()):,}",
        _megabytes(sum(sums["bytes"] for sums in languages.values())),
        f"{sum(manifest['tokens'].values()):,}",
        "",
        "",
        style="bold",
    )
    return table


def _natural_languages(files: dict[str, int]) -> Table:
    """Natural languages of the comments in a sample of the files, most files first."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("\ncomment language", min_width=18)
    for name in ("sampled files", "share"):
        table.add_column(f"\n{name}", justify="right")
    total = sum(files.values())
    for language, count in sorted(files.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(_SHORT.get(language, language), f"{count:,}", f"{count / total:.1%}")
    table.add_row("all", f"{total:,}", "", style="bold")
    return table


def _rows(manifest: dict[str, Any]) -> list[str]:
    width = manifest["sequence_length"] + 1
    ids = manifest["rows"] * width
    padding = manifest["padding"] / ids if ids else 0.0
    duplicates = manifest["duplicates"]
    lines = [
        f"\n{manifest['rows']:,} rows of {width:,} ids, {padding:.1%} padding",
        f"{duplicates['pairs_compared']:,} pairs of files compared, "
        f"{duplicates['pairs_similar']:,} similar",
    ]
    if duplicates["buckets_capped"]:
        lines.append(
            f"{duplicates['buckets_capped']:,} buckets were too large to compare all their pairs: "
            "their files were compared only with the preferred ones"
        )
    return lines


def _ignored_records(sources: dict[str, dict[str, int]]) -> list[str]:
    """A line for each source with ignored items, such as lines of other sets."""
    lines = []
    for source, counts in sources.items():
        named = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        lines.append(f"{source}: {sum(counts.values()):,} lines of other sets ignored: {named}")
    return lines


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f}"
