"""Lists the inputs of a build, and draws the files and parts of a sample from the list.

Names and sizes of loose files are listed, so they are drawn without reading anything, and the
number of files in each stratum of similar names and sizes is known. The records in archives and
data sets ("containers") are known only after reading. If reading all of these would be too much,
their parts are drawn by hash first, and then the records within the parts (`sources.sampling`), so
that each record has the same probability.

Memory grows with the sample and with the number of parts, not with the number of files.
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
"""The number of files to draw if no rate is given."""

MAX_CONTAINER_BYTES: Final = 4 << 30
"""The most bytes of containers to read, by the weights of their parts, unless the rate requires
more."""

_MAX_DRAWN: Final = 8 * DEFAULT_FILES
_RECORD_BYTES: Final = 8_192  # typical size of a record in an archive; only to choose a rate
_CLASSES: Final = 64


class Part(NamedTuple):
    """A planned part of containers; it is drawn if `number` is below `Listing.share`."""

    source: int
    inputs: pa.Table
    number: float


@dataclass
class Listing:
    """The inputs of a build, and the sample drawn from them.

    Attributes:
        rate: the probability that a record is drawn.
        seed: each seed draws another sample.
        share: the probability that a part of containers is drawn.
        parts: the number of parts of the whole build.
        loose: the drawn loose files by source.
        strata: the number of files in each stratum (`strata_of`), drawn or not.
        bytes: the bytes of all loose files that a build reads.
        containers: the drawn parts of containers.
        container_counts: the number of parts of containers by source, drawn or not.
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
        """The limit of draw numbers (`sources.sampling`) of loose files."""
        return draw_limit(self.rate)

    @property
    def inner_limit(self) -> float:
        """The limit of draw numbers of records in drawn parts."""
        return draw_limit(min(1.0, self.rate / self.share))

    def drawn_parts(self, part_bytes: int) -> Iterator[tuple[int, pa.Table]]:
        """Yield the sample as parts of a build: parts of loose files first, then of containers."""
        for source, tables in sorted(self.loose.items()):
            partitioner = Partitioner(part_bytes)
            for table in tables:
                weights = weigh(table["path"], table["size"].to_numpy())
                for inputs in partitioner.add(table, weights):
                    yield source, inputs
            for inputs in partitioner.flush():
                yield source, inputs
        for part in self.containers:
            yield part.source, part.inputs


def list_inputs(
    parts: Iterable[tuple[int, pa.Table]],
    *,
    part_bytes: int,
    rate: float | None,
    seed: int,
    max_container_bytes: int = MAX_CONTAINER_BYTES,
) -> Listing:
    """List the inputs of a build, and draw a sample.

    Args:
        parts: the source and the inputs of each part, from `plan.plan_parts`.
        part_bytes: the approximate weight of a part.
        rate: the probability that a record is drawn; None: chosen to draw about DEFAULT_FILES.
        seed: each seed draws another sample.
        max_container_bytes: see MAX_CONTAINER_BYTES.
    """
    found = Listing(rate or 1.0, seed)
    limit = draw_limit(found.rate)
    for source, inputs in parts:
        found.parts += 1
        is_file = _is_file(inputs)
        files, containers = inputs.filter(is_file), inputs.filter(pc.invert(is_file))
        if len(containers):
            found.container_counts[source] += 1
            found.containers.append(Part(source, containers, _number(source, containers, seed)))
        if len(files):
            _count(found, source, files)
            found.loose.setdefault(source, []).append(_draw_files(files, limit, seed))
        while rate is None and _drawn_files(found) > _MAX_DRAWN:
            limit /= 2
            _lower_limit(found, limit)
    container_bytes = len(found.containers) * part_bytes
    files = sum(found.strata.values()) + container_bytes / _RECORD_BYTES
    found.rate = rate or min(1.0, DEFAULT_FILES / max(files, 1))
    found.share = min(1.0, max(found.rate, max_container_bytes / max(container_bytes, 1)))
    _lower_limit(found, found.loose_limit)
    for source, tables in found.loose.items():
        found.loose[source] = [table.drop_columns("number") for table in tables if len(table)]
    found.containers = [part for part in found.containers if part.number < found.share]
    return found


def strata_of(source: int, paths: pa.Array, sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n], the stratum of each loose file: by source, kind of name, and bits of its size.

    There are three kinds of names: those of files that are not read, those of a known language, and
    all others.
    """
    verdict = by_name(paths)
    known = verdict.language.is_valid().to_numpy(zero_copy_only=False) | (verdict.ambiguous > 0)
    unread = not_source(paths) | (sizes > Limits.record_bytes)
    kind = np.where(unread, 0, np.where(known, 1, 2))
    strata: NDArray[np.int64] = (source * 3 + kind) * _CLASSES + np.frexp(sizes)[1]
    return strata


def bytes_to_read(files: pa.Table) -> NDArray[np.int64]:
    """int64[n], the size of each loose file; 0 if its name or size means it is not read."""
    sizes = files["size"].to_numpy()
    read = ~not_source(files["path"].combine_chunks()) & (sizes <= Limits.record_bytes)
    return np.where(read, sizes, 0)


def source_of(stratum: int) -> int:
    """The source of a stratum."""
    return stratum // (3 * _CLASSES)


def _is_file(inputs: pa.Table) -> pa.ChunkedArray:
    return pc.equal(inputs["kind"], FILE)


def _number(source: int, inputs: pa.Table, seed: int) -> float:
    """The draw number of a part: a hash of its first input and where reading begins in it.

    Splits that decompress the same bytes begin at the same place, so they are drawn together.
    """
    column = next((name for name in ("begin", "first") if name in inputs.column_names), None)
    begin = inputs[column][0].as_py() if column and inputs["kind"][0].as_py() != "tar" else 0
    return draw_number(f"{source}\0{inputs['name'][0].as_py()}\0{begin or 0}", seed + 4)


def _count(found: Listing, source: int, files: pa.Table) -> None:
    paths, sizes = files["path"].combine_chunks(), files["size"].to_numpy()
    strata, counts = np.unique(strata_of(source, paths, sizes), return_counts=True)
    found.strata.update(dict(zip(strata.tolist(), counts.tolist(), strict=True)))
    found.bytes += int(bytes_to_read(files).sum())


def _draw_files(files: pa.Table, limit: float, seed: int) -> pa.Table:
    """The drawn files, with the smaller of their two draw numbers in a column `number`."""
    smaller = draw_numbers_of_files(files, seed).min(axis=0)
    drawn = smaller < limit
    return files.append_column("number", pa.array(smaller)).filter(pa.array(drawn))


def draw_numbers_of_files(files: pa.Table, seed: int) -> NDArray[np.float64]:
    """float64[2, n], the draw numbers of listed files; see `draw_numbers`."""
    return draw_numbers(
        files["repository"].combine_chunks(),
        files["path"].combine_chunks(),
        sizes=files["size"].to_numpy(),
        rows=np.zeros(len(files), np.int64),
        seed=seed,
    )


def _drawn_files(found: Listing) -> int:
    return sum(len(table) for tables in found.loose.values() for table in tables)


def _lower_limit(found: Listing, limit: float) -> None:
    for source, tables in found.loose.items():
        found.loose[source] = [t.filter(pc.less(t["number"], limit)) for t in tables]
