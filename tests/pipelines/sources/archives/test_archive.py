"""Rows and limits that tar and zip share."""

from typing import Any

import pyarrow as pa
import pytest

from codecorpus.pipelines.sources.archives.archive import (
    EXPANSION_BYTES,
    EXPANSION_RATIO,
    Archive,
    Row,
    bomb_error,
    constant_column,
    damage_group,
    max_expansion,
    member_row,
)
from codecorpus.pipelines.sources.base import ARCHIVE, IO, DamagedError
from codecorpus.pipelines.sources.batching import NAMES


def archive(**values: Any) -> Archive:
    return Archive(
        **{
            "location": b"/a.tar",
            "kind": "tar",
            "path": "a.tar",
            "size": 10,
            "stamp": "1",
            "repository": "a",
            "repository_bytes": 7,
            "stars": None,
            "license": "MIT",
            "split": 0,
            "splits": 1,
            "first": 0,
            "count": 0,
            **values,
        }
    )


def test_each_row_has_the_facts_of_the_repository() -> None:
    names = archive().names([Row("x.py"), Row("y.py", IO, "gone")])
    assert names.schema == NAMES
    first, second = names.to_pylist()
    assert first | {"path": "y.py", "error": IO, "detail": "gone"} == second
    assert (first["repository"], first["repository_bytes"]) == ("a", 7)
    assert (first["stars"], first["license"]) == (None, "MIT")


def test_a_damaged_archive_is_a_row_without_content() -> None:
    group = damage_group(archive(), DamagedError(ARCHIVE, "it is truncated"))
    (row,) = group.names.to_pylist()
    assert (row["path"], row["error"], row["detail"]) == ("a.tar", ARCHIVE, "it is truncated")
    assert group.read_into(0, None) == 0


@pytest.mark.parametrize(
    "path", [b"/etc/passwd", b"../x", b"a/../../x", b"..\\x", b"a\\..\\x", b".."]
)
def test_paths_that_leave_the_folder_are_errors(path: bytes) -> None:
    row = member_row(path, None, None)
    assert row is not None
    assert row.error == ARCHIVE
    assert "leads out" in (row.detail or "")


@pytest.mark.parametrize("path", [b".git/config", b"a/__pycache__/b.pyc", b"a/.hg"])
def test_version_control_has_no_rows(path: bytes) -> None:
    assert member_row(path, None, None) is None


def test_other_paths_keep_their_error() -> None:
    assert member_row(b"a..b/c.py", IO, "why") == Row("a..b/c.py", IO, "why")


def test_small_archives_may_expand_to_a_gigabyte_and_large_ones_by_a_ratio() -> None:
    assert max_expansion(0) == max_expansion(1_000) == EXPANSION_BYTES
    assert max_expansion(1 << 30) == EXPANSION_RATIO << 30
    assert "a bomb: 1,000 bytes expand to more than 1,073,741,824" in bomb_error(1_000).detail


@pytest.mark.parametrize(
    ("value", "kind"), [("x", pa.string()), (3, pa.int64()), (None, pa.int32())]
)
def test_a_constant_column_repeats_one_value(value: str | int | None, kind: pa.DataType) -> None:
    column = constant_column(value, kind, 3)
    assert column.type == kind
    assert column.to_pylist() == [value] * 3
