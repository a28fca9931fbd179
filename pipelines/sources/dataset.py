"""Reads data sets in Parquet or JSON lines, which hold many records per file."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from codecorpus.pipelines.sources.base import Limits, NeedsContent
from codecorpus.pipelines.sources.dataset_files import (
    PARQUET,
    DataFile,
    FieldSpec,
    Split,
    find_data_files,
    splits_from_inputs,
    splits_to_inputs,
)
from codecorpus.pipelines.sources.jsonl.reader import read_jsonl
from codecorpus.pipelines.sources.jsonl.splits import split_lines
from codecorpus.pipelines.sources.parquet import read_parquet, split_parquet
from codecorpus.pipelines.sources.partition import partition_inputs
from codecorpus.pipelines.storage.locations import Location


class DatasetSource:
    """The files of a data set.

    Args:
        paths: files, and folders that contain them.
        kinds: the kind of file for each supported suffix; see `find_data_files`.
        spec: the fields of the records.
        exclude: a folder that is not searched, such as the output folder.
    """

    def __init__(
        self,
        paths: Sequence[Location],
        kinds: Mapping[str, str],
        spec: FieldSpec,
        exclude: Location | None = None,
    ) -> None:
        self.ignored: Counter[str] = Counter()
        self._paths = tuple(paths)
        self._kinds = kinds
        self._spec = spec
        self._exclude = exclude

    def plan(self, part_bytes: int) -> Iterator[pa.Table]:
        """Divide the files into parts: Parquet at row groups, JSON lines as `split_lines` does.

        Raises:
            UsageError: a path is missing, no supported files are found in it, or a Parquet file
                lacks columns.
        """

        def split(file: DataFile) -> Iterator[tuple[Split, int]]:
            if file.kind in PARQUET.values():
                return split_parquet(file, part_bytes, self._spec)
            return split_lines(file, part_bytes)

        files = find_data_files(self._paths, self._kinds, self._exclude)
        yield from partition_inputs(
            lambda file: splits_to_inputs(split(file)), files, self._paths, part_bytes
        )

    def read(
        self, inputs: pa.Table, needs_content: NeedsContent, limits: Limits
    ) -> Iterator[pa.RecordBatch]:
        """Read the records of one part, file by file."""
        row = 0
        for split in splits_from_inputs(inputs):
            read = read_parquet if split.kind in PARQUET.values() else read_jsonl
            for batch in read(split, self._spec, needs_content, limits, row):
                row += batch.num_rows
                yield batch
