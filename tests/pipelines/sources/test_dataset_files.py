"""Files of data sets: which are found, and the tables that describe their splits."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import INPUTS
from codecorpus.pipelines.sources.dataset_files import (
    JSON_LINES,
    PARQUET,
    TO_THE_END,
    Split,
    find_data_files,
    splits_from_inputs,
    splits_to_inputs,
)

Write = Callable[..., Path]


def test_a_folder_is_searched_bytewise_and_other_files_are_ignored(write: Write) -> None:
    root = write(
        {
            "b.jsonl.zst": b"1",
            "a/z.JSON.GZ": b"22",
            "a/y.ndjson": b"333",
            "README.md": b"",
            "x.json.bz2": b"",
        }
    )
    found = list(find_data_files([root], JSON_LINES))
    assert [file.name for file in found] == ["in/a/y.ndjson", "in/a/z.JSON.GZ", "in/b.jsonl.zst"]
    assert [file.kind for file in found] == ["plain", "gzip", "zstd"]
    assert [file.entry.size for file in found] == [3, 2, 1]


def test_paths_keep_their_order_and_a_file_is_named_alone(write: Write) -> None:
    root = write({"b.parquet": b"", "a.parquet": b""})
    found = find_data_files([root / "b.parquet", root / "a.parquet"], PARQUET)
    assert [file.name for file in found] == ["b.parquet", "a.parquet"]


def test_an_excluded_folder_is_not_searched(write: Write) -> None:
    root = write({"a.jsonl": b"", "out/b.jsonl": b""})
    found = find_data_files([root], JSON_LINES, root / "out")
    assert [file.name for file in found] == ["in/a.jsonl"]


@pytest.mark.parametrize("name", ["", "notes.txt", "empty"])
def test_a_path_without_supported_files_is_refused(write: Write, name: str) -> None:
    root = write({"notes.txt": b"", "a.parquet": b"", "empty/x": b""})
    with pytest.raises(UsageError, match=r"no supported files found in the input .*\.jsonl"):
        list(find_data_files([root / name], JSON_LINES))


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file or directory; list files that exist"):
        list(find_data_files([tmp_path / "none"], JSON_LINES))


offsets = st.integers(0, TO_THE_END)
splits = st.builds(
    Split,
    name=st.text(st.characters(exclude_categories=["Cs"])),
    size=offsets,
    stamp=st.text(st.characters(exclude_categories=["Cs"])),
    location=st.binary(),
    kind=st.sampled_from([*JSON_LINES.values(), *PARQUET.values()]),
    begin=offsets,
    end=offsets,
    decompressed_begin=offsets,
    decompressed_end=offsets,
)


@given(st.lists(st.tuples(splits, st.integers(0, 1 << 40))))
def test_splits_come_back_from_the_table_of_a_part(pairs: list[tuple[Split, int]]) -> None:
    table, weights = splits_to_inputs(pairs)
    assert table.schema.names[: len(INPUTS)] == INPUTS.names
    assert splits_from_inputs(table) == [split for split, _ in pairs]
    assert weights.tolist() == [weight for _, weight in pairs]
    assert weights.dtype == np.int64


def test_only_a_range_of_the_decompressed_bytes_is_partial(write: Write) -> None:
    (file,) = find_data_files([write({"a.jsonl.gz": b"xyz"})], JSON_LINES)
    assert not file.split(0, 3).is_partial
    assert file.split(0, 3, (1, TO_THE_END)).is_partial
    assert file.split(0, 3, (0, 1)).is_partial
