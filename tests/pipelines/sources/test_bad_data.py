"""Damaged and malformed files of data sets."""

import gzip
import json
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.codeparrot import CodeparrotSource
from codecorpus.pipelines.sources.pile import PileSource

Read = Callable[..., list[dict[str, Any]]]
CHANCE = random.Random(7)
TEXTS = [f"x{i} = {CHANCE.random()}\n" * 20 for i in range(400)]
MIB = 1 << 20


def flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + 8] = bytes(255 - byte for byte in content[at : at + 8])
    path.write_bytes(content)


def page(path: Path, group: int) -> int:
    """The offset of a byte in the texts of a row group."""
    column = pq.ParquetFile(path).metadata.row_group(group).column(0)
    begin = column.dictionary_page_offset or column.data_page_offset
    middle: int = begin + column.total_compressed_size // 2
    return middle


@pytest.mark.parametrize("compression", ["snappy", "zstd", "none"])
def test_a_damaged_page_loses_its_row_group_only(
    tmp_path: Path, read: Read, compression: str
) -> None:
    path = tmp_path / "x.parquet"
    table = pa.table({"code": TEXTS, "path": [str(i) for i in range(400)]})
    pq.write_table(
        table, path, row_group_size=100, compression=compression, write_page_checksum=True
    )
    flip(path, page(path, 2))
    records = read(CodeparrotSource([path]))
    (damage,) = [record for record in records if record["error"]]
    assert (damage["error"], damage["path"]) == ("unreadable.archive", "x.parquet")
    assert damage["detail"].startswith("row group 2 is damaged, 0 of its 100 rows were read: ")
    found = [record["path"] for record in records if not record["error"]]
    assert found == [str(i) for i in range(400) if not 200 <= i < 300]
    assert records.index(damage) == 200


def test_damage_is_reported_in_the_part_that_contains_it(
    tmp_path: Path, parts: Callable[..., list[list[dict[str, Any]]]]
) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"code": TEXTS}), path, row_group_size=100, write_page_checksum=True)
    flip(path, page(path, 1))
    found = parts(CodeparrotSource([path]), part_bytes=1)
    assert [len(part) for part in found] == [100, 1, 100, 100]
    assert found[1][0]["detail"].startswith("row group 1 ")


def test_a_file_without_row_groups_has_no_records(tmp_path: Path, read: Read) -> None:
    pq.ParquetWriter(tmp_path / "x.parquet", pa.schema([("code", pa.string())])).close()
    assert pq.ParquetFile(tmp_path / "x.parquet").num_row_groups == 0
    assert read(CodeparrotSource([tmp_path])) == []


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.large_string())])
def test_dictionaries_and_large_strings_are_read_in_groups(
    tmp_path: Path, read: Read, kind: pa.DataType
) -> None:
    repeated = [TEXTS[i % 7] for i in range(300)]
    table = pa.table({"code": pa.array(repeated).cast(kind), "extra": list(range(300))})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=77)
    records = read(CodeparrotSource([tmp_path]), part_bytes=1, limits=Limits(10_000, 4_000, 50))
    assert [record["content"].decode() for record in records] == repeated


def test_changed_bytes_in_gzip_lose_only_the_lines_after_them(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.jsonl.gz"
    path.write_bytes(
        gzip.compress(b"".join(json.dumps({"text": t}).encode() + b"\n" for t in TEXTS))
    )
    flip(path, path.stat().st_size // 2)
    for part_bytes in (1 << 30, 20_000):
        records = read(PileSource([path]), part_bytes=part_bytes, limits=Limits(10_000, 4_096, 50))
        damage = [record for record in records if record["error"] == "unreadable.archive"]
        assert [record["path"] for record in damage] == ["x.jsonl.gz"]
        before = [r["content"].decode() for r in records if r["content"] is not None][:150]
        assert before == TEXTS[:150]


@pytest.mark.parametrize("cut", [1, 100, 3_000])
def test_lines_before_a_truncated_frame_are_read(tmp_path: Path, read: Read, cut: int) -> None:
    lines = b"".join(json.dumps({"text": text}).encode() + b"\n" for text in TEXTS)
    whole = pa.Codec("zstd").compress(lines, asbytes=True)
    (tmp_path / "x.jsonl.zst").write_bytes(whole + whole[:-cut])
    records = read(PileSource([tmp_path]))
    found = [record["content"].decode() for record in records if not record["error"]]
    assert [record["error"] for record in records].count("unreadable.archive") == 1
    assert found[:400] == TEXTS
    assert found[400:] == TEXTS[: len(found) - 400]
    (tmp_path / "x.jsonl.zst").write_bytes(whole + b"(\xb5/\xfd and nothing that is a block")
    records = read(PileSource([tmp_path]))
    assert [record["content"].decode() for record in records[:-1]] == TEXTS
    assert records[-1]["error"] == "unreadable.archive"


def test_member_names_may_contain_escapes(tmp_path: Path, read: Read) -> None:
    line = rb'{"te\u0078t": "a", "\u006deta": {"repo_nam\u0065": "o/n", "st\u0061rs": 3}}'
    (tmp_path / "x.jsonl").write_bytes(line + b"\n" + rb'{"text\u0000": "b", "te\ud800t": "c"}')
    good, bad = read(PileSource([tmp_path]))
    assert (good["content"], good["repository"], good["stars"]) == (b"a", "o/n", 3)
    assert (bad["error"], bad["detail"]) == ("unreadable.record", "`text` is missing")


@pytest.mark.parametrize(
    ("value", "detail"),
    [("null", "null"), ("5", "a number"), ("true", "not a string"), ('["a"]', "not a string")],
)
def test_the_detail_names_the_value_found_instead_of_a_text(
    tmp_path: Path, read: Read, value: str, detail: str
) -> None:
    (tmp_path / "x.jsonl").write_text(f'{{"content": {value}}}\n{{"content": "a"}}\n')
    bad, good = read(CodeparrotSource([tmp_path]))
    assert (bad["error"], bad["detail"]) == ("unreadable.record", f"`content` is {detail}")
    assert good["content"] == b"a"


def test_a_long_line_is_skipped_in_little_memory(tmp_path: Path, read: Read) -> None:
    write_long_line(tmp_path / "x.jsonl.gz", 40)
    tracemalloc.start()
    try:
        bad, good = read(PileSource([tmp_path]), limits=Limits(MIB, MIB))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (bad["error"], good["content"]) == ("unreadable.too_large", b"next")
    assert peak < 24 * MIB


MEASURED = """
import resource, sys
from pathlib import Path
import numpy as np
from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.pile import PileSource
source = PileSource([Path(sys.argv[1])])
errors = [
    error
    for part in source.plan(32 << 20)
    for batch in source.read(part, lambda rows: np.ones(rows.num_rows, bool), Limits())
    for error in batch["error"].to_pylist()
]
print(errors, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_a_line_of_500_mb_takes_less_than_a_gigabyte(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"x.jsonl{suffix}"
    write_long_line(path, 500)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)], capture_output=True, text=True, check=True
    )
    errors, _, peak = done.stdout.rpartition(" ")
    assert errors == "['unreadable.too_large', None]"
    assert int(peak) < 1_000_000_000


def write_long_line(path: Path, mebibytes: int) -> None:
    """Write a line with a text of that size, followed by a short one."""
    codec = {".gz": "gzip", ".zst": "zstd"}.get(path.suffix)
    with pa.output_stream(path, compression=codec) as file:
        file.write(b'{"text": "')
        for _ in range(mebibytes):
            file.write(b"0123456789abcdef" * (MIB // 16))
        file.write(b'"}\n{"text": "next"}\n')
