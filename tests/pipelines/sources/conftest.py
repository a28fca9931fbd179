from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from codecorpus.pipelines.sources.base import INPUTS, RECORDS, Limits, NeedsContent, Source

Record = dict[str, Any]
Read = Callable[..., list[Record]]


def everything(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    return np.ones(batch.num_rows, np.bool_)


def read_parts(
    source: Source,
    *,
    part_bytes: int = 1 << 30,
    needs_content: NeedsContent = everything,
    limits: Limits | None = None,
) -> list[list[Record]]:
    """The records of each part, after checks that hold for every source."""
    limits = limits or Limits()
    parts = []
    for inputs in source.plan(part_bytes):
        assert inputs.schema.names[: len(INPUTS)] == INPUTS.names
        records: list[Record] = []
        for batch in source.read(inputs, needs_content, limits):
            assert batch.schema == RECORDS
            assert 0 < batch.num_rows <= limits.batch_rows
            batch.validate(full=True)
            records += batch.to_pylist()
        assert [record["row"] for record in records] == list(range(len(records)))
        assert all(record["content"] is None for record in records if record["error"])
        parts.append(records)
    return parts


@pytest.fixture
def read() -> Read:
    """Returns all records of a source, in the order of the parts."""

    def read(source: Source, **arguments: Any) -> list[Record]:
        return [record for part in read_parts(source, **arguments) for record in part]

    return read


@pytest.fixture
def parts() -> Callable[..., list[list[Record]]]:
    """Returns the records of a source, one list for each part."""
    return read_parts


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files into a folder, and returns the folder."""

    def write(files: Mapping[str, bytes], under: str = "in") -> Path:
        root = tmp_path / under
        root.mkdir(exist_ok=True)
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(content)
        return root

    return write
