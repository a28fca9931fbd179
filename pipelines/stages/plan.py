"""The plan: how the inputs are split into parts, written before any other work.

It depends on the inputs and the recipe alone. Running a build again makes a new plan and resumes
only if nothing changed: recipe, code, vocabulary and inputs (names, sizes and time stamps).
Otherwise the build is refused with a list of the differences.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from codecorpus.foundation.errors import InputError, RetryableError, StorageError
from codecorpus.pipelines.corpus.layout import PLAN
from codecorpus.pipelines.recipe.model import Recipe
from codecorpus.pipelines.sources.opt_out import read_opt_out
from codecorpus.pipelines.sources.paths import resolve_path
from codecorpus.pipelines.sources.registry import open_source
from codecorpus.pipelines.stages.code_version import code_version
from codecorpus.pipelines.storage.folder import Folder

_SHOWN_CHANGES = 5
_COMPARED = ("name", "size", "stamp", "stars", "license")


@dataclass(frozen=True)
class PlannedPart:
    """One part: position of its source in the recipe, inputs, bytes, and SHA-256 of the inputs."""

    source: int
    inputs: int
    size: int
    digest: str


@dataclass(frozen=True)
class SkippedPart:
    """A part that the build continues without: the stage that failed on it, and the error."""

    part: int
    stage: str
    error: str


@dataclass(frozen=True)
class Plan:
    """All parts of a build, and everything else that must be the same when it is resumed.

    Attributes:
        base: the folder that the recipe's relative paths start at.
        code: `code_version()` of the code that made the plan.
        vocabulary: fingerprint of the vocabulary.
        opted_out: repositories and owners on the recipe's list `opt_out`.
        skipped: failed parts that `--skip-failed` excludes, in the order of their numbers.
    """

    base: str
    code: str
    vocabulary: str
    parts: tuple[PlannedPart, ...]
    opted_out: tuple[str, ...] = ()
    skipped: tuple[SkippedPart, ...] = ()

    @staticmethod
    def read(folder: Folder) -> "Plan":
        """Read the plan of a build that was started."""
        written = folder.read_json(PLAN)
        parts = tuple(PlannedPart(**part) for part in written.pop("parts"))
        opted_out = tuple(written.pop("opted_out"))
        skipped = tuple(SkippedPart(**part) for part in written.pop("skipped", []))
        return Plan(**written, parts=parts, opted_out=opted_out, skipped=skipped)

    def inputs(self, folder: Folder, index: int) -> pa.Table:
        """The inputs of a part, as planned by its source.

        Raises:
            StorageError: the file is missing or damaged.
        """
        name = _inputs_name(index)
        try:
            with pa.memory_map(str(folder.path(name))) as file:
                return pa.ipc.open_file(file).read_all()
        except (OSError, pa.ArrowException) as error:
            raise StorageError(
                f"{folder.where(name)}: {error}; run the same command again to restore it"
            ) from error

    def describe(self, folder: Folder, index: int) -> str:
        """Describe a part to people: `part 3 of 12: 41 inputs, json/decoder.py to xml/sax.py`."""
        try:
            names = self.inputs(folder, index)["name"]
            ends = dict.fromkeys((names[0].as_py(), names[-1].as_py()))
            contents = f"{len(names):,} inputs, {' to '.join(ends)}"
        except RetryableError as error:  # must not hide the failure that is being reported
            contents = str(error)
        return f"part {index} of {len(self.parts)}: {contents}"

    def skipped_part(self, index: int) -> SkippedPart | None:
        """How a part failed, or None if it is not skipped."""
        return next((skipped for skipped in self.skipped if skipped.part == index), None)

    def with_skipped(self, skipped: tuple[SkippedPart, ...]) -> "Plan":
        """The same plan with `skipped` replaced."""
        return replace(self, skipped=skipped)

    def write(self, folder: Folder) -> None:
        """Write the plan, after the inputs of its parts."""
        folder.write_json(PLAN, asdict(self))


def make_plan(
    recipe: Recipe,
    base: Path,
    vocabulary: str,
    folder: Folder,
    *,
    old: Plan | None = None,
    parts: Iterable[tuple[int, pa.Table]] | None = None,
) -> Plan:
    """List the inputs, split them into parts, and write the inputs of each part.

    Args:
        recipe: the recipe as resolved.
        base: the folder that its relative paths start at.
        vocabulary: fingerprint of the vocabulary.
        folder: the output folder, which is never an input.
        old: the plan found in the folder; only inputs that are missing from it are written.
        parts: source and inputs of each part, as `plan_parts` yields them; None: the recipe's.

    Raises:
        InputError: there are no input files.
        UsageError: an input does not exist, or the opt-out list is invalid.
    """
    opted_out = read_opt_out(resolve_path(recipe.opt_out, base) if recipe.opt_out else None)
    planned: list[PlannedPart] = []
    for source, inputs in plan_parts(recipe, base, folder) if parts is None else parts:
        stored, index = _serialize(inputs), len(planned)
        digest = hashlib.sha256(stored).hexdigest()
        if old is None or _is_lost(old, folder, index, digest, len(stored)):
            folder.write_bytes(_inputs_name(index), stored, {})
        size = pc.sum(inputs["size"]).as_py() or 0
        planned.append(PlannedPart(source, len(inputs), size, digest))
    if not planned:
        names = ", ".join(str(path) for source in recipe.sources for path in source.paths)
        raise InputError(
            f"no input files found in {names}; name a folder or an archive with source code"
        )
    return Plan(str(base), code_version(), vocabulary, tuple(planned), opted_out.entries)


def changes(recipe: Recipe, folder: Folder, old: Plan, new: Plan) -> list[str]:
    """The differences that prevent resuming a build, a line each; empty if there are none."""
    found = []
    if old.code != new.code:
        found.append(f"code: {old.code} -> {new.code}")
    if old.vocabulary != new.vocabulary:
        found.append(f"vocabulary: {old.vocabulary} -> {new.vocabulary}")
    if old.opted_out != new.opted_out:
        found.append(f"opt_out: {len(old.opted_out)} entries -> {len(new.opted_out)}, not the same")
    if [part.digest for part in old.parts] != [part.digest for part in new.parts]:
        found += _input_changes(recipe, folder, old, new) or ["inputs: split into other parts"]
    return found


def plan_parts(recipe: Recipe, base: Path, folder: Folder) -> Iterator[tuple[int, pa.Table]]:
    """The parts of a build: for each, the position of its source in the recipe, and its inputs.

    Raises:
        UsageError: the recipe names an input that does not exist.
    """
    for index, settings in enumerate(recipe.sources):
        for inputs in open_source(settings, base, folder.root).plan(recipe.part_bytes):
            yield index, inputs


def _input_changes(recipe: Recipe, folder: Folder, old: Plan, new: Plan) -> list[str]:
    before = _stamps(old.inputs(folder, index) for index in range(len(old.parts)))
    after = _stamps(inputs for _, inputs in plan_parts(recipe, Path(new.base), folder))
    lines = [f"input {name}: gone" for name in before.keys() - after.keys()]
    lines += [f"input {name}: new" for name in after.keys() - before.keys()]
    lines += [
        f"input {name}: {_difference(before[name], after[name])}"
        for name in before.keys() & after.keys()
        if before[name] != after[name]
    ]
    hidden = len(lines) - _SHOWN_CHANGES
    more = [f"and {hidden} more inputs"] if hidden > 0 else []
    return sorted(lines)[:_SHOWN_CHANGES] + more


def _stamps(tables: Iterator[pa.Table]) -> dict[str, list[Any]]:
    """Size, stamp and, where the source knows them, stars and licence of each input by name."""
    return {
        name: values
        for table in tables
        for name, *values in zip(
            *(table[column].to_pylist() for column in _COMPARED if column in table.schema.names),
            strict=True,
        )
    }


def _difference(before: Sequence[Any], after: Sequence[Any]) -> str:
    if before[:2] != after[:2]:
        return "size or time changed"
    return "stars or licence of its repository changed"


def _is_lost(old: Plan, folder: Folder, index: int, digest: str, size: int) -> bool:
    """Whether the old plan has the same part, but its inputs are missing or cut short."""
    is_planned = index < len(old.parts) and old.parts[index].digest == digest
    return is_planned and not folder.holds(_inputs_name(index), size)


def _serialize(inputs: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, inputs.schema) as writer:
        writer.write_table(inputs.combine_chunks())
    stored: bytes = sink.getvalue().to_pybytes()
    return stored


def _inputs_name(index: int) -> str:
    return f"log/plan/part-{index:05d}.arrow"
