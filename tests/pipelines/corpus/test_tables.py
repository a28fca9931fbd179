"""Tables read back as they were written, and the same content is the same file."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.corpus.tables import arrow_writer, fixed_size, parquet_writer
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder

SCHEMA = pa.schema([("content_id", pa.binary(4)), ("path", pa.string()), ("size", pa.int64())])

ROWS = st.lists(
    st.tuples(
        st.none() | st.binary(min_size=4, max_size=4),
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        st.none() | st.integers(-(2**63), 2**63 - 1),
    ),
    max_size=20,
)


def batches(rows: list[tuple[object, ...]], size: int) -> list[pa.RecordBatch]:
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=SCHEMA).to_batches(max_chunksize=size)  # type: ignore[no-any-return]


def write(folder: Folder, name: str, rows: list[tuple[object, ...]], size: int) -> FileDigest:
    digests: dict[str, FileDigest] = {}
    writer = parquet_writer if name.endswith("parquet") else arrow_writer
    with writer(folder, name, SCHEMA, digests) as file:
        for batch in batches(rows, size):
            file.write_batch(batch)
    return digests[name]


@settings(max_examples=30)
@given(rows=ROWS, size=st.integers(1, 8), other=st.integers(1, 8))
def test_any_batches_of_the_rows_hold_the_same_table(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]], size: int, other: int
) -> None:
    path = tmp_path_factory.mktemp("tables")
    folder = Folder(path)
    expected = [dict(zip(SCHEMA.names, row, strict=True)) for row in rows]
    for each in (size, other):
        write(folder, f"{each}.parquet", rows, each)
        write(folder, f"{each}.arrow", rows, each)
        table = pq.read_table(path / f"{each}.parquet")
        assert (table.schema, table.to_pylist()) == (SCHEMA, expected)
        with pa.memory_map(str(path / f"{each}.arrow")) as file:
            assert pa.ipc.open_file(file).read_all().to_pylist() == expected


@pytest.mark.parametrize("name", ["x.parquet", "x.arrow"])
def test_the_same_batches_are_the_same_bytes(tmp_path: Path, name: str) -> None:
    rows: list[tuple[object, ...]] = [(b"0123", "a", 1), (None, None, 2), (b"4567", "a", None)]
    first = write(Folder(tmp_path / "one"), name, rows, 2)
    assert write(Folder(tmp_path / "two"), name, rows, 2) == first
    assert (tmp_path / "one" / name).stat().st_size == first.size


@pytest.mark.parametrize("writer", [parquet_writer, arrow_writer])
def test_a_table_that_is_not_finished_does_not_appear(tmp_path: Path, writer: object) -> None:
    digests: dict[str, FileDigest] = {}
    with pytest.raises(ZeroDivisionError), writer(Folder(tmp_path), "x", SCHEMA, digests):  # type: ignore[operator]
        raise ZeroDivisionError
    assert not (tmp_path / "x").exists()
    assert not digests


@given(st.lists(st.none() | st.binary(min_size=3, max_size=3), max_size=20))
def test_fixed_size_equals_the_array_of_the_values(values: list[bytes | None]) -> None:
    data = b"".join(value or bytes(3) for value in values)
    valid = np.array([value is not None for value in values], np.bool_)
    found = fixed_size(np.frombuffer(data, np.uint8).reshape(len(values), 3), valid)
    found.validate(full=True)
    assert found.equals(pa.array(values, pa.binary(3)))
    zeros = fixed_size(np.zeros((len(values), 3), np.uint8))
    assert zeros.to_pylist() == [bytes(3)] * len(values)
