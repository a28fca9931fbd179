"""Reads the training rows of a complete build, with the number of valid ids in each.

Padding has the id of end of text, so which ids of a row are valid follows from `rows/`, never from
the ids. A trainer of any kind can use this:

    corpus = open_corpus("build/quickstart")
    ids = corpus.ids(rows)                # uint16[n, sequence_length + 1]
    inputs, targets = ids[:, :-1], ids[:, 1:]
    mask = corpus.loss_mask(rows)         # bool[n, sequence_length], for the targets

Opening maps the shards; nothing is read until it is needed. Shards in an object store are first
copied to the local disk.
"""

import hashlib
import mmap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.layout import ROWS, SHARDS, TOKENIZER, part_file, shard_file
from codecorpus.pipelines.corpus.reader import open_build
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Location, is_remote, parse_location


class Corpus:
    """The rows of a build.

    Attributes:
        folder: the build's folder.
        manifest: its manifest.
        rows: number of rows.
        sequence_length: ids of a row, minus one.
        digest: SHA-256 over the digests of the shards, hexadecimal.
    """

    def __init__(self, folder: Folder, manifest: dict[str, Any]) -> None:
        """Map the shards; `open_corpus` checks the folder first."""
        self.folder = folder
        self.manifest = manifest
        self.rows: int = manifest["rows"]
        self.sequence_length: int = manifest["sequence_length"]
        self._part_rows = np.array([part["rows"] for part in manifest["parts"]], np.int64)
        self._first_rows = np.concatenate([[0], np.cumsum(self._part_rows)])
        count = len(self._part_rows)
        names = [shard_file(part, count) for part in range(count)]
        digests = "".join(manifest["files"][name][1] for name in names)
        self.digest = hashlib.sha256(digests.encode()).hexdigest()
        self._maps: list[pa.Table] = []
        self._chunk_first, self._chunk_address = self._map_shards(names)
        self._lengths = np.zeros(self.rows, np.int32)  # takes memory as parts are read
        self._has_lengths = np.zeros(count, np.bool_)

    def __reduce__(self) -> "tuple[type[Corpus], tuple[Folder, dict[str, Any]]]":
        """Map the shards again in another process: addresses are this process's own."""
        return Corpus, (self.folder, self.manifest)

    def _map_shards(self, names: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first row and the address of each record batch."""
        width = self.sequence_length + 1
        first, addresses, seen = [0], [], 0
        for name, rows in zip(names, self._part_rows.tolist(), strict=True):
            try:
                table = _map_shard(self.folder.path(name))
            except (pa.ArrowInvalid, OSError, ValueError) as error:
                raise UsageError(
                    f"{self.folder.where(name)}: cannot be read: {error}; run `codecorpus verify`"
                ) from error
            kind = table.schema.field("input_ids").type
            if table.num_rows != rows or kind != pa.list_(pa.uint16(), width):
                raise UsageError(
                    f"{self.folder.where(name)}: has {table.num_rows:,} rows of {kind}; the "
                    f"manifest expects {rows:,} rows of {width} ids in uint16"
                )
            self._maps.append(table)
            for chunk in table["input_ids"].chunks:
                values = chunk.values
                start = values.offset + chunk.offset * width
                addresses.append(values.buffers()[1].address + 2 * start)
                seen += len(chunk)
                first.append(seen)
        return np.array(first, np.int64), np.array(addresses, np.int64)

    @property
    def parts(self) -> int:
        """Number of parts, each of which has one shard."""
        return len(self._part_rows)

    def part_range(self, part: int) -> tuple[int, int]:
        """The first row of a part, and one past its last."""
        return int(self._first_rows[part]), int(self._first_rows[part + 1])

    def ids(self, rows: ArrayLike, out: NDArray[np.uint16] | None = None) -> NDArray[np.uint16]:
        """The ids of rows, uint16[n, sequence_length + 1].

        Args:
            rows: n numbers of rows, in any order.
            out: receives the ids, instead of a new array.
        """
        numbers = self._checked(rows)
        if out is None:
            out = np.empty((len(numbers), self.sequence_length + 1), np.uint16)
        begins = np.zeros_like(numbers)
        self.read_ahead(numbers, begins, self.sequence_length + 1)
        self.copy_windows(numbers, begins, out)
        return out

    def copy_windows(
        self, rows: NDArray[np.int64], begins: NDArray[np.int64], out: NDArray[np.uint16]
    ) -> None:
        """Copy a range of each row; nothing is checked.

        Args:
            rows: int64[n].
            begins: int64[n], the first id of each.
            out: uint16[n, ids].
        """
        # The compiler is loaded with the first row that is read.
        from codecorpus.foundation.gather import gather_rows

        width = self.sequence_length + 1
        gather_rows(rows, begins, self._chunk_first, self._chunk_address, width, out)

    def read_ahead(self, rows: NDArray[np.int64], begins: NDArray[np.int64], ids: int) -> None:
        """Ask the operating system to read ranges of rows, without waiting; nothing is checked.

        Args:
            rows: int64[n].
            begins: int64[n], the first id of each.
            ids: number of ids of each.
        """
        from codecorpus.foundation.gather import read_ahead  # as above

        width = self.sequence_length + 1
        read_ahead(rows, begins, self._chunk_first, self._chunk_address, width, ids)

    def lengths(self, rows: ArrayLike) -> NDArray[np.int32]:
        """int32[n], the number of valid ids of each row; padding follows them."""
        numbers = self._checked(rows)
        for part in np.unique(np.searchsorted(self._first_rows, numbers, side="right") - 1):
            if not self._has_lengths[part]:
                self._lengths[slice(*self.part_range(int(part)))] = self.part_lengths(int(part))
                self._has_lengths[part] = True
        found: NDArray[np.int32] = self._lengths[numbers]
        return found

    def loss_mask(self, rows: ArrayLike) -> NDArray[np.bool_]:
        """bool[n, sequence_length]: whether the target ids[:, 1:] is valid, and not padding."""
        return target_mask(self.lengths(rows), self.sequence_length)

    def placements(self, part: int, columns: list[str]) -> pa.Table:
        """Columns of the segments of a part (`corpus.schemas.PLACEMENTS`), by row and offset."""
        name = part_file(ROWS, part, self.parts)
        try:
            return pq.read_table(self.folder.path(name), columns=columns)
        except (pa.ArrowInvalid, OSError) as error:
            raise UsageError(
                f"{self.folder.where(name)}: cannot be read: {error}; run `codecorpus verify`"
            ) from error

    def part_lengths(self, part: int) -> NDArray[np.int32]:
        """int32[rows of the part], the number of valid ids of each row.

        Raises:
            UsageError: the segments of a row do not follow each other.
        """
        table = self.placements(part, ["row", "offset", "length"])
        begin, end = self.part_range(part)
        rows = table["row"].to_numpy() - begin
        ends = table["offset"].to_numpy() + table["length"].to_numpy()
        lengths = np.zeros(end - begin, np.int32)
        np.maximum.at(lengths, rows, ends)
        held = np.zeros(end - begin, np.int64)
        np.add.at(held, rows, table["length"].to_numpy())
        if np.any(held != lengths):
            name = self.folder.where(part_file(ROWS, part, self.parts))
            raise UsageError(f"{name}: segments overlap or leave gaps; run `codecorpus verify`")
        return lengths

    def largest_id(self, part: int) -> tuple[int, int]:
        """The largest id in a part, padding included, and its row; (-1, -1) without rows.

        The shard is read from its file from begin to end, not through the map.
        """
        name = shard_file(part, self.parts)
        largest, row = -1, int(self._first_rows[part])
        found = -1
        with pa.ipc.open_stream(pa.OSFile(str(self.folder.path(name)))) as batches:
            for batch in batches:
                ids = batch.column("input_ids").flatten().to_numpy()
                if len(ids) and int(ids.max()) > largest:
                    largest = int(ids.max())
                    found = row + int(ids.argmax()) // (self.sequence_length + 1)
                row += batch.num_rows
        return largest, found

    def _checked(self, rows: ArrayLike) -> NDArray[np.int64]:
        numbers = np.ascontiguousarray(rows, np.int64).reshape(-1)
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < self.rows:
            raise IndexError(f"the corpus has rows 0 to {self.rows - 1:,}")
        return numbers


def _map_shard(path: Path) -> pa.Table:
    """A shard, of which only the headers of its record batches are read.

    Arrow's own `memory_map` asks for all pages that its reader passes, and the operating system
    reads on after each fault: both read the whole corpus when it is opened.
    """
    with path.open("rb") as file:
        mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    mapped.madvise(mmap.MADV_RANDOM)
    return pa.ipc.open_stream(pa.py_buffer(mapped)).read_all()


def target_mask(lengths: NDArray[np.int32], targets: int) -> NDArray[np.bool_]:
    """bool[n, targets]: whether target i, the id at i + 1, is valid.

    Args:
        lengths: int32[n], valid ids of each row or window, in 0..targets + 1.
        targets: of a row or window.
    """
    from codecorpus.foundation.gather import mask_targets  # loads the compiler

    mask = np.empty((len(lengths), targets), np.bool_)
    mask_targets(lengths, mask)
    return mask


def open_corpus(
    path: str | Path | Location, report: Callable[[str], None] = lambda _: None
) -> Corpus:
    """Open the rows of a complete build.

    Args:
        path: the folder given to `build --out`, on disk or in an object store.
        report: is called with a line of text before shards are copied from a store.

    Raises:
        UsageError: there is no complete build, or shards or rows are missing, truncated or more
            than the manifest lists.
    """
    location = parse_location(path) if isinstance(path, str) else path
    folder, manifest = open_build(location)
    files: dict[str, list[Any]] = manifest["files"]
    parts = range(len(manifest["parts"]))
    needed = [
        TOKENIZER,
        *(shard_file(part, len(parts)) for part in parts),
        *(part_file(ROWS, part, len(parts)) for part in parts),
    ]
    advice = f"run `codecorpus verify {path}`"
    for name in needed:
        if name not in files:
            raise UsageError(f"{folder.where(name)}: is not in the manifest; {advice}")
        if not folder.holds(name, files[name][0]):
            state = "is missing" if not folder.exists(name) else "is truncated or changed"
            raise UsageError(f"{folder.where(name)}: {state}; {advice}")
    for name in folder.names(SHARDS):
        if name.startswith("data-") and f"{SHARDS}/{name}" not in files:
            raise UsageError(
                f"{folder.where(f'{SHARDS}/{name}')}: is not a shard of this build; remove it, or "
                f"{advice}"
            )
    if is_remote(str(location)):
        size = sum(files[name][0] for name in needed)
        report(f"copying {size / 1e9:.2f} GB of shards from {location} to the local disk")
    return Corpus(folder, manifest)
