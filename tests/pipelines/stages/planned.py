"""Planned builds without inputs, so that a test can run one module of the stages by itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.plan import Plan, PlannedPart, SkippedPart
from codecorpus.pipelines.storage.folder import Folder


def make_recipe(**changes: Any) -> Recipe:
    """Three sources, `a`, `b` and `c`, and the defaults."""
    sources = [{"type": "folder", "name": name, "paths": ["nowhere"]} for name in "abc"]
    return Recipe.model_validate({"name": "made-up", "sources": sources} | changes)


def plan_build(
    out: Path,
    sources: Sequence[int] = (0,),
    *,
    skipped: tuple[SkippedPart, ...] = (),
    tokenizer: bytes = b"",
    **changes: Any,
) -> Build:
    """A build with one part for each entry of `sources`: the position of its source."""
    folder = Folder(out)
    folder.write_bytes("recipe.yaml", make_recipe(**changes).to_yaml().encode(), {})
    if tokenizer:
        folder.write_bytes("tokenizer.json", tokenizer, {})
    parts = tuple(PlannedPart(source, 1, 100 + index, "") for index, source in enumerate(sources))
    Plan("/", "code", "vocabulary", parts, skipped=skipped).write(folder)
    return Build.load(str(out))
