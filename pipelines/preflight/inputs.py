"""What there is to read, and what of it is drawn: one look at the list of all inputs.

Loose files are listed by name and size, so they are drawn before anything is read, and their
numbers in strata of like names and sizes are known. Archives and files of many records must be read
to know what they hold: their parts are drawn by hash only if reading them all would be too much,
and then the records within (`sources.sampling`), so that each record has the same chance.

Memory grows with what is drawn and with the number of parts, not with the number of files.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from codecorpus.filters.languages import by_name
from codecorpus.filters.languages.by_name import not_source
from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.folder.inputs import FILE
from codecorpus.pipelines.sources.partition import Partitioner, weigh
from codecorpus.pipelines.sources.sampling import draw_limit, draw_number, draw_numbers

DEFAULT_FILES: Final = 10_000
"""Files that are drawn if nobody says how many."""

MAX_CONTAINER_BYTES: Final = 4 << 30
"""Bytes, by the weight of their parts, of archives and the like that are read at most to draw from,
or as many as the rate asks."""

_MAX_HELD: Final = 8 * DEFAULT_FILES
_RECORD: Final = 8_192  # bytes of a record in an archive, about: only to choose a rate
_CLASSES: Final = 64


class Part(NamedTuple):
    """A planned part of archives and the like; `number`: drawn if below the share of parts."""

    source: int
    inputs: pa.Table
    number: float


@dataclass
class Listing:
    """What was listed.

    Attributes:
        rate: the chance of each record to be drawn.
        share: the chance of each part of archives and the like.
        seed: what the draws depend on.
        parts: how many parts the whole build has.
        loose: drawn files by source.
        strata: how many files each stratum has, by `strata_of`, drawn or not.
        bytes: of loose files that are to be read.
        containers: the drawn parts of archives and the like.
        holding: how many there are by source, drawn or not.
    """

    rate: float
    seed: int
    share: float = 1.0
    parts: int = 0
    loose: dict[int, list[pa.Table]] = field(default_factory=dict)
    strata: Counter[int] = field(default_factory=Counter)
    bytes: int = 0
    containers: list[Part] = field(default_factory=list)
    container_counts: Counter[int] = field(default_factory=Counter)

    @property
    def loose_limit(self) -> float:
        """As of `sources.sampling`, of loose files."""
        return draw_limit(self.rate)

    @property
    def inner_limit(self) -> float:
        """The same of records within drawn parts."""
        return draw_limit(min(1.0, self.rate / self.share))

    def drawn_parts(self, part_bytes: int) -> Iterator[tuple[int, pa.Table]]:
        """The sample as parts of a build: first of loose files, then those of archives."""
        for source, tables in sorted(self.loose.items()):
            partitioner = Partitioner(part_bytes)
            for table in tables:
                weights = weigh(table["path"], table["size"].to_numpy(), not_source)
                for inputs in partitioner.add(table, weights):
                    yield source, inputs
            for inputs in partitioner.flush():
                yield source, inputs
        for part in self.containers:
            yield part.source, part.inputs


def list_inputs(
    cut: Iterable[tuple[int, pa.Table]],
    *,
    part_bytes: int,
    rate: float | None,
    seed: int,
    max_container_bytes: int = MAX_CONTAINER_BYTES,
) -> Listing:
    """Look through the parts of a build, and draw.

    Args:
        cut: the parts, as of `plan.plan_parts`.
        part_bytes: what a part weighs, about.
        rate: the chance of each record; None: so that about DEFAULT_FILES are drawn.
        seed: another one draws another sample.
        max_container_bytes: as MAX_CONTAINER_BYTES.
    """
    found = Listing(rate or 1.0, seed)
    limit = draw_limit(found.rate)
    for source, inputs in cut:
        found.parts += 1
        is_file = _is_file(inputs)
        files, containers = inputs.filter(is_file), inputs.filter(pc.invert(is_file))
        if len(containers):
            found.container_counts[source] += 1
            found.containers.append(Part(source, containers, _number(source, containers, seed)))
        if len(files):
            _count(found, source, files)
            found.loose.setdefault(source, []).append(_below(files, limit, seed))
        while rate is None and _held(found) > _MAX_HELD:
            limit /= 2
            _thin(found, limit)
    held_back = len(found.containers) * part_bytes
    files = sum(found.strata.values()) + held_back / _RECORD
    found.rate = rate or min(1.0, DEFAULT_FILES / max(files, 1))
    found.share = min(1.0, max(found.rate, max_container_bytes / max(held_back, 1)))
    _thin(found, found.loose_limit)
    for source, tables in found.loose.items():
        found.loose[source] = [table.drop_columns("number") for table in tables if len(table)]
    found.containers = [part for part in found.containers if part.number < found.share]
    return found


def strata_of(source: int, paths: pa.Array, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n], the stratum of each loose file, by source, kind of name and bits of its size.

    A name says that the file is not to be read, or that it may be source code, or nothing.
    """
    verdict = by_name(paths)
    known = verdict.language.is_valid().to_numpy(zero_copy_only=False) | (verdict.ambiguous > 0)
    unread = not_source(paths) | (sizes > Limits.record_bytes)
    kind = np.where(unread, 0, np.where(known, 1, 2))
    strata: NDArray[np.int64] = (source * 3 + kind) * _CLASSES + np.frexp(sizes)[1]
    return strata


def bytes_to_read(files: pa.Table) -> NDArray[np.int64]:
    """int64[n], the size of each loose file, 0 where its name or size rules out that it is read."""
    sizes = files["size"].to_numpy()
    read = ~not_source(files["path"].combine_chunks()) & (sizes <= Limits.record_bytes)
    return np.where(read, sizes, 0)


def source_of(stratum: int) -> int:
    """The source of a stratum."""
    return stratum // (3 * _CLASSES)


def _is_file(inputs: pa.Table) -> pa.ChunkedArray:
    return pc.equal(inputs["kind"], FILE)


def _number(source: int, inputs: pa.Table, seed: int) -> float:
    """A part's number: that of its first input, and of the place where reading begins there.

    So the stripes of a file, each of which inflates all of it, are drawn together.
    """
    place = next((name for name in ("begin", "first") if name in inputs.column_names), None)
    begin = inputs[place][0].as_py() if place and inputs["kind"][0].as_py() != "tar" else 0
    return draw_number(f"{source}\0{inputs['name'][0].as_py()}\0{begin or 0}", seed + 4)


def _count(found: Listing, source: int, files: pa.Table) -> None:
    paths, sizes = files["path"].combine_chunks(), files["size"].to_numpy()
    strata, counts = np.unique(strata_of(source, paths, sizes), return_counts=True)
    found.strata.update(dict(zip(strata.tolist(), counts.tolist(), strict=True)))
    found.bytes += int(bytes_to_read(files).sum())


def _below(files: pa.Table, limit: float, seed: int) -> pa.Table:
    """Those of the files that are drawn, with the lesser of their numbers."""
    lesser = draw_numbers_of_files(files, seed).min(axis=0)
    drawn = lesser < limit
    return files.append_column("number", pa.array(lesser)).filter(pa.array(drawn))


def draw_numbers_of_files(files: pa.Table, seed: int) -> NDArray[np.float64]:
    """As `draw_numbers`, of listed files."""
    return draw_numbers(
        files["repository"].combine_chunks(),
        files["path"].combine_chunks(),
        sizes=files["size"].to_numpy(),
        rows=np.zeros(len(files), np.int64),
        seed=seed,
    )


def _held(found: Listing) -> int:
    return sum(len(table) for tables in found.loose.values() for table in tables)


def _thin(found: Listing, limit: float) -> None:
    for source, tables in found.loose.items():
        found.loose[source] = [t.filter(pc.less(t["number"], limit)) for t in tables]
