"""The schemas, errors and limits that all sources share."""

import pickle

import pyarrow as pa
import pytest

from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.corpus.reasons import BEFORE_FILTERS
from codecorpus.pipelines.sources import base
from codecorpus.pipelines.sources.base import (
    INPUTS,
    RECORDS,
    DamagedError,
    Limits,
    UnreadableError,
    damage_row,
    make_records,
)
from codecorpus.pipelines.sources.registry import SOURCES


@pytest.mark.parametrize("name", ["IO", "ARCHIVE", "TOO_LARGE", "RECORD", "UTF8"])
def test_each_reason_is_one_of_the_ledger(name: str) -> None:
    assert getattr(base, name) in BEFORE_FILTERS


@pytest.mark.parametrize("kind", [UnreadableError, DamagedError])
def test_an_error_names_its_reason_and_detail(kind: type[UnreadableError]) -> None:
    error = kind(base.IO, "no such file")
    assert (error.reason, error.detail) == ("unreadable.io", "no such file")
    assert str(error) == "unreadable.io: no such file"
    assert isinstance(error, CodecorpusError)


def test_contents_of_a_batch_may_exceed_the_offsets_of_32_bits() -> None:
    assert RECORDS.field("content").type == pa.large_binary()
    limits = Limits()
    assert limits.batch_bytes <= limits.record_bytes, "one record alone may exceed a batch"


def test_limits_cross_processes_and_cannot_be_changed() -> None:
    limits = Limits(record_bytes=10, batch_bytes=20, batch_rows=3)
    assert pickle.loads(pickle.dumps(limits)) == limits
    with pytest.raises(AttributeError):
        limits.batch_rows = 4  # type: ignore[misc]


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_class_has_the_two_methods_and_the_counter(name: str) -> None:
    settings = SOURCES[name].model_validate({"type": name, "paths": ["x"]})
    source = settings.source([], base=None, exclude=None)
    assert source.ignored == {}
    assert callable(source.plan)
    assert callable(source.read)


def test_inputs_begin_with_what_messages_and_resuming_need() -> None:
    assert INPUTS.names == ["name", "size", "stamp"]


def test_columns_that_are_not_given_are_null() -> None:
    batch = make_records(7, 3, path=pa.array(["a", "b", None], pa.string()))
    assert batch.schema == RECORDS
    assert batch["row"].to_pylist() == [7, 8, 9]
    assert batch["path"].to_pylist() == ["a", "b", None]
    assert all(batch[name].null_count == 3 for name in RECORDS.names if name not in {"row", "path"})


def test_a_damaged_file_is_one_row_that_says_why() -> None:
    (row,) = damage_row(5, "x.parquet", base.IO, "Input/output error").to_pylist()
    found = {name: value for name, value in row.items() if value is not None}
    assert found == {
        "row": 5,
        "path": "x.parquet",
        "error": "unreadable.io",
        "detail": "Input/output error",
    }
