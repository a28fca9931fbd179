"""Names of the files and folders of a build's output folder."""

from typing import Final

MANIFEST: Final = "manifest.json"
"""Written last: it exists only when the build is complete."""

RECIPE: Final = "recipe.yaml"
"""The recipe as resolved, with every default spelled out."""

TOKENIZER: Final = "tokenizer.json"
"""Decodes the shards in any Hugging Face tool."""

DOCUMENTS: Final = "documents"
DUPLICATES: Final = "duplicates"
LEDGER: Final = "ledger"
ROWS: Final = "rows"
SHARDS: Final = "shards"

LOG: Final = "log"
PLAN: Final = f"{LOG}/plan/plan.json"
"""Written when a build starts, after everything else that resuming needs."""

ERRORS: Final = f"{LOG}/errors"
"""Holds tracebacks of failed tasks."""

TIMINGS: Final = f"{LOG}/timings.jsonl"
"""A line for each task: time, peak memory and bytes fetched."""

FORMAT: Final = 1
"""Version of the layout of the output folder; recorded in the manifest."""

UNDIGESTED: Final = (LOG, "report")
"""Top-level folders that the digest ignores, because they hold times and host names."""


def part_name(index: int, count: int) -> str:
    """The stem of a part's file names: `part-00003-of-00012`."""
    return f"part-{index:05d}-of-{count:05d}"


def part_file(folder: str, index: int, count: int) -> str:
    """A part's Parquet file in a folder: `ledger/part-00003-of-00012.parquet`."""
    return f"{folder}/{part_name(index, count)}.parquet"


def shard_file(index: int, count: int) -> str:
    """A part's shard, named as by `datasets`: `shards/data-00003-of-00012.arrow`."""
    return f"{SHARDS}/data-{index:05d}-of-{count:05d}.arrow"


def unreadable_file(part: int) -> str:
    """Details of what could not be read in a part, one JSON object per line."""
    return f"{LOG}/unreadable/{part:05d}.jsonl"
