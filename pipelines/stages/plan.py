"""The plan: how the inputs are cut into parts, written before the work begins.

It follows from the inputs and the recipe alone. A build that is run again plans again, and goes on
only if nothing has changed: the same recipe, code, vocabulary and inputs (names, sizes and time
stamps); otherwise it is refused, with what differs.
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

_SHOWN = 5
_COMPARED = ("name", "size", "stamp", "stars", "license")


@dataclass(frozen=True)
class PlannedPart:
    """One part: which source of the recipe, how many inputs and bytes, SHA-256 of its inputs."""

    source: int
    inputs: int
    size: int
    digest: str


@dataclass(frozen=True)
class SkippedPart:
    """A part that the build goes on without: the stage that failed on it, and how."""

    part: int
    stage: str
    error: str


@dataclass(frozen=True)
class Plan:
    """All parts of a build, and what else a resumed build must agree on.

    Attributes:
        base: the folder that the recipe's relative paths start at.
        code: `pipelines.stages.code_version.code_version` of the code that planned.
        vocabulary: fingerprint of the vocabulary.
        opted_out: repositories and owners on the recipe's list `opt_out`.
        skipped: parts that failed and that `--skip-failed` leaves out, by their numbers.
    """

    base: str
    code: str
    vocabulary: str
    parts: tuple[PlannedPart, ...]
    opted_out: tuple[str, ...] = ()
    skipped: tuple[SkippedPart, ...] = ()

    @staticmethod
    def read(folder: Folder) -> "Plan":
        """The plan of a build that was begun."""
        written = folder.read_json(PLAN)
        parts = tuple(PlannedPart(**part) for part in written.pop("parts"))
        opted_out = tuple(written.pop("opted_out"))
        skipped = tuple(SkippedPart(**part) for part in written.pop("skipped", []))
        return Plan(**written, parts=parts, opted_out=opted_out, skipped=skipped)

    def inputs(self, folder: Folder, index: int) -> pa.Table:
        """The inputs of a part, as its source's `plan` gave them.

        Raises:
            StorageError: they do not stand in the folder as they were written.
        """
        name = _inputs_name(index)
        try:
            with pa.memory_map(str(folder.path(name))) as file:
                return pa.ipc.open_file(file).read_all()
        except (OSError, pa.ArrowException) as error:
            raise StorageError(
                f"{folder.where(name)}: {error}; run the same command again to write it anew"
            ) from error

    def describe(self, folder: Folder, index: int) -> str:
        """A part for people: `part 3 of 12: 41 inputs, json/decoder.py to xml/sax.py`."""
        try:
            names = self.inputs(folder, index)["name"]
            ends = dict.fromkeys((names[0].as_py(), names[-1].as_py()))
            of = f"{len(names):,} inputs, {' to '.join(ends)}"
        except RetryableError as error:  # the failure itself is what must be told
            of = str(error)
        return f"part {index} of {len(self.parts)}: {of}"

    def skipped_part(self, index: int) -> SkippedPart | None:
        """How a part failed, if it is left out."""
        return next((skipped for skipped in self.skipped if skipped.part == index), None)

    def without(self, skipped: tuple[SkippedPart, ...]) -> "Plan":
        """The same plan less the parts named."""
        return replace(self, skipped=skipped)

    def write(self, folder: Folder) -> None:
        """Write the plan; its parts' inputs are there before."""
        folder.write_json(PLAN, asdict(self))


def make_plan(
    recipe: Recipe,
    base: Path,
    vocabulary: str,
    folder: Folder,
    *,
    old: Plan | None = None,
    cut: Iterable[tuple[int, pa.Table]] | None = None,
) -> Plan:
    """List the inputs and cut them into parts.

    Args:
        recipe: the recipe as resolved.
        base: the folder that its relative paths start at.
        vocabulary: fingerprint of the vocabulary.
        folder: the output folder, which is never an input; takes the inputs of each part.
        old: what was planned there before: then only what it lost is written.
        cut: the parts, as of `cut_inputs`; left out: the recipe's.

    Raises:
        InputError: there is nothing to read.
        UsageError: the recipe names an input that does not exist, or a list that is none.
    """
    opted_out = read_opt_out(resolve_path(recipe.opt_out, base) if recipe.opt_out else None)
    parts: list[PlannedPart] = []
    for source, inputs in cut_inputs(recipe, base, folder) if cut is None else cut:
        stored, index = _serialize(inputs), len(parts)
        digest = hashlib.sha256(stored).hexdigest()
        if old is None or (_planned(old, index, digest) and not _stands(folder, index, stored)):
            folder.write_bytes(_inputs_name(index), stored, {})
        size = pc.sum(inputs["size"]).as_py() or 0
        parts.append(PlannedPart(source, len(inputs), size, digest))
    if not parts:
        names = ", ".join(str(path) for source in recipe.sources for path in source.paths)
        raise InputError(
            f"nothing to read: {names} hold no file; name a folder or an archive with source code"
        )
    return Plan(str(base), code_version(), vocabulary, tuple(parts), opted_out.entries)


def changes(recipe: Recipe, folder: Folder, old: Plan, new: Plan) -> list[str]:
    """What keeps a build from being resumed; empty if nothing does."""
    found = []
    if old.code != new.code:
        found.append(f"code: {old.code} -> {new.code}")
    if old.vocabulary != new.vocabulary:
        found.append(f"vocabulary: {old.vocabulary} -> {new.vocabulary}")
    if old.opted_out != new.opted_out:
        found.append(f"opt_out: {len(old.opted_out)} entries -> {len(new.opted_out)}, other ones")
    if [part.digest for part in old.parts] != [part.digest for part in new.parts]:
        found += _input_changes(recipe, folder, old, new) or ["inputs: cut into other parts"]
    return found


def cut_inputs(recipe: Recipe, base: Path, folder: Folder) -> Iterator[tuple[int, pa.Table]]:
    """The parts of a build: the number of each one's source in the recipe, and its inputs.

    Raises:
        UsageError: the recipe names an input that does not exist.
    """
    for index, settings in enumerate(recipe.sources):
        for inputs in open_source(settings, base, folder.root).plan(recipe.part_bytes):
            yield index, inputs


def _input_changes(recipe: Recipe, folder: Folder, old: Plan, new: Plan) -> list[str]:
    before = _stamps(old.inputs(folder, index) for index in range(len(old.parts)))
    after = _stamps(inputs for _, inputs in cut_inputs(recipe, Path(new.base), folder))
    lines = [f"input {name}: gone" for name in before.keys() - after.keys()]
    lines += [f"input {name}: new" for name in after.keys() - before.keys()]
    lines += [
        f"input {name}: {_difference(before[name], after[name])}"
        for name in before.keys() & after.keys()
        if before[name] != after[name]
    ]
    more = [f"and {len(lines) - _SHOWN} more inputs"] if len(lines) > _SHOWN else []
    return sorted(lines)[:_SHOWN] + more


def _stamps(tables: Iterator[pa.Table]) -> dict[str, list[Any]]:
    """Of each input its size and stamp, and what is known of its repository, if anything can be."""
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


def _planned(old: Plan, index: int, digest: str) -> bool:
    return index < len(old.parts) and old.parts[index].digest == digest


def _stands(folder: Folder, index: int, stored: bytes) -> bool:
    return folder.holds(_inputs_name(index), len(stored))


def _serialize(inputs: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, inputs.schema) as writer:
        writer.write_table(inputs.combine_chunks())
    stored: bytes = sink.getvalue().to_pybytes()
    return stored


def _inputs_name(index: int) -> str:
    return f"log/plan/part-{index:05d}.arrow"
