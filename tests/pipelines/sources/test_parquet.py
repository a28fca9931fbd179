"""Row groups as splits, and the records of each."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.dataset_files import PARQUET, FieldSpec, Split, find_data_files
from codecorpus.pipelines.sources.parquet import as_names, read_parquet, split_parquet

SPEC = FieldSpec(("code", "content"), {"repository": "repo_name", "path": "path"})


def write(file: Path, texts: list[str | None], group: int, **columns: list[Any]) -> None:
    table = pa.table({"code": pa.array(texts, pa.string()), **columns})
    pq.write_table(table, file, row_group_size=group)


def split(path: Path, part_bytes: int) -> list[tuple[Split, int]]:
    (file,) = find_data_files([path], PARQUET)
    return list(split_parquet(file, part_bytes, SPEC))


def records(splits: list[tuple[Split, int]], limits: Limits | None = None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for each, _ in splits:
        for batch in read_parquet(
            each,
            SPEC,
            lambda names: np.ones(len(names), np.bool_),
            limits or Limits(),
            len(found),
        ):
            found += batch.to_pylist()
    return found


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.text(max_size=40) | st.none(), min_size=1, max_size=60),
    group=st.integers(1, 20),
    part_bytes=st.integers(1, 20_000),
    batch_bytes=st.integers(1, 200),
    batch_rows=st.integers(1, 10),
)
def test_any_splits_and_batches_give_each_row_once(
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str | None],
    group: int,
    part_bytes: int,
    batch_bytes: int,
    batch_rows: int,
) -> None:
    path = tmp_path_factory.mktemp("rows") / "x.parquet"
    write(path, texts, group)
    splits = split(path, part_bytes)
    ends = [each.end for each, _ in splits]
    assert [each.begin for each, _ in splits] == [0, *ends[:-1]], "no row group is read twice"
    found = records(splits, Limits(1_000, batch_bytes, batch_rows))
    assert [row["row"] for row in found] == list(range(len(texts)))
    assert [row["content"] for row in found] == [
        None if text is None else text.encode() for text in texts
    ]
    assert [row["error"] for row in found] == [
        "unreadable.record" if text is None else None for text in texts
    ]


def test_splits_weigh_at_most_a_part_unless_they_are_one_row_group(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", ["x" * 500] * 40, 4)
    splits = split(tmp_path / "x.parquet", 8_000)
    assert 1 < len(splits) < 10
    assert all(weight <= 8_000 or each.end - each.begin == 1 for each, weight in splits)
    assert [each.end - each.begin for each, _ in split(tmp_path / "x.parquet", 1)] == [1] * 10


def test_a_text_over_the_limit_is_named_and_not_returned(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", ["short", "x" * 101], 10)
    short, long = records(split(tmp_path / "x.parquet", 1 << 20), Limits(record_bytes=100))
    assert (short["content"], short["error"]) == (b"short", None)
    assert (long["content"], long["error"]) == (None, "unreadable.too_large")
    assert long["detail"] == "more than 100 bytes"


def test_contents_that_are_not_needed_are_not_returned(tmp_path: Path) -> None:
    write(tmp_path / "x.parquet", ["a", "b", "c"], 10, path=["a.py", "b.png", "c.py"])
    ((each, _),) = split(tmp_path / "x.parquet", 1 << 20)
    (batch,) = read_parquet(
        each,
        SPEC,
        lambda names: np.array([path.endswith(".py") for path in names["path"].to_pylist()]),
        Limits(),
        0,
    )
    assert batch["content"].to_pylist() == [b"a", None, b"c"]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"body": ["x"]}, r"its columns are body \(string\); expected one of code, content"),
        ({"code": [1]}, r"expected text in `code`"),
        ({"code": ["x"], "path": [1.5]}, r"expected text in `path`"),
    ],
)
def test_missing_columns_and_other_types_are_refused(
    tmp_path: Path, columns: dict[str, list[Any]], message: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    with pytest.raises(UsageError, match=message):
        split(tmp_path / "x.parquet", 1 << 20)


def test_a_file_that_is_not_parquet_is_one_row_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "x.parquet").write_bytes(b"not parquet at all")
    (row,) = records(split(tmp_path / "x.parquet", 1 << 20))
    assert (row["path"], row["error"]) == ("x.parquet", "unreadable.archive")


def test_rows_before_damage_are_read_and_so_are_later_row_groups(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    texts = [f"{number:04d}" * 500 for number in range(30)]
    pq.write_table(
        pa.table({"code": texts}),
        path,
        row_group_size=10,
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
    )
    data = bytearray(path.read_bytes())
    at = data.index(b"0015" * 100)
    data[at : at + 4] = b"ZZZZ"
    path.write_bytes(bytes(data))
    found = records(split(path, 1 << 20))
    errors = [row for row in found if row["error"]]
    assert len(errors) == 1
    assert "row group 1 is damaged" in errors[0]["detail"]
    read = {row["content"][:4].decode() for row in found if row["content"]}
    assert {f"{number:04d}" for number in [*range(10), *range(20, 30)]} <= read


@given(st.lists(st.text() | st.none()))
def test_valid_names_stay_as_they_are(names: list[str | None]) -> None:
    raw = pa.array(
        [None if name is None else name.encode() for name in names],
        pa.large_binary(),
    )
    assert as_names(raw).to_pylist() == names


@given(st.lists(st.binary() | st.none(), min_size=1))
def test_other_bytes_are_escaped_in_their_value_alone(values: list[bytes | None]) -> None:
    got = as_names(pa.array(values, pa.binary()))
    assert got.type == pa.string()
    for value, name in zip(values, got.to_pylist(), strict=True):
        assert name == (None if value is None else value.decode("utf-8", "backslashreplace"))


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.large_binary()])
def test_every_text_type_is_read(kind: pa.DataType) -> None:
    assert as_names(pa.array(["a/b.py", None], kind)).to_pylist() == ["a/b.py", None]
