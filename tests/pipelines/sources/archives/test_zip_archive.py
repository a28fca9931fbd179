import io
import os
import random
import stat
import struct
import sysconfig
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codecorpus.pipelines.sources.archives import archive
from codecorpus.pipelines.sources.base import ARCHIVE, IO, TOO_LARGE, Limits
from codecorpus.pipelines.sources.folder import FolderSource
from codecorpus.pipelines.sources.io.local import NOT_REGULAR

PACKAGE = Path(sysconfig.get_paths()["stdlib"]) / "email"

Read = Callable[..., list[dict[str, Any]]]
Files = dict[str, bytes]


class Unseekable(io.BytesIO):
    """Makes zipfile write sizes behind the data."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


def pack(files: Files, out: io.BytesIO | None = None, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO() if out is None else out
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


FILES = {f"d/{number}.py": noise(3_000, number) + b"x" * 3_000 for number in range(10)}


def source(path: Path, content: bytes, **settings: Any) -> FolderSource:
    path.write_bytes(content)
    return FolderSource([path], **settings)


def contents(records: list[dict[str, Any]]) -> dict[str, bytes]:
    return {record["path"]: record["content"] for record in records}


def errors(records: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(record["path"], record["error"]) for record in records]


def everything(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    return np.ones(batch.num_rows, np.bool_)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_members_are_those_that_zipfile_finds(tmp_path: Path, read: Read, method: int) -> None:
    path = tmp_path / "email.whl"
    with zipfile.ZipFile(path, "w", method) as written:
        for file in sorted(PACKAGE.rglob("*")):
            if "__pycache__" not in file.parts:
                written.write(file, file.relative_to(PACKAGE))
    with zipfile.ZipFile(path) as opened:
        expected = [(i.filename, opened.read(i)) for i in opened.infolist() if not i.is_dir()]
    records = read(FolderSource([path]))
    assert [(r["path"], r["content"]) for r in records] == expected
    assert {r["repository"] for r in records} == {"email"}
    assert {r["repository_bytes"] for r in records} == {sum(len(data) for _, data in expected)}


def test_a_folder_a_tar_and_a_zip_of_one_tree_hold_the_same(tmp_path: Path, read: Read) -> None:
    tree = [
        path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts
    ]
    with (
        zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed,
        tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar,
    ):
        for path in tree:
            packed.write(path, path.relative_to(PACKAGE))
            tar.add(path, path.relative_to(PACKAGE))
    found = [
        contents(read(FolderSource([path], repositories="self")))
        for path in (PACKAGE, tmp_path / "a.zip", tmp_path / "a.tar.gz")
    ]
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == len(tree)


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.text(
            st.characters(exclude_characters="/\0\\", exclude_categories=["Cs"]), min_size=1
        ).filter(lambda name: name not in {".", ".."}),
        st.binary(max_size=500),
    ),
    st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]),
    st.booleans(),
)
def test_any_members_come_back(
    tmp_path_factory: pytest.TempPathFactory, files: Files, method: int, streamed: bool
) -> None:
    data = pack(files, Unseekable() if streamed else None, method)
    folder = source(tmp_path_factory.mktemp("zip") / "a.zip", data)
    (part,) = folder.plan(1 << 30)
    rows = [row for b in folder.read(part, everything, Limits()) for row in b.to_pylist()]
    assert contents(rows) == files


def test_members_that_are_not_needed_are_not_read(tmp_path: Path, read: Read) -> None:
    def odd(batch: pa.RecordBatch) -> NDArray[np.bool_]:
        return np.array([int(row) % 2 == 1 for row in batch.column("row").to_pylist()], np.bool_)

    data = pack(FILES).replace(b"PK\x03\x04", b"XXXX", 1)  # spoils the first member
    records = read(source(tmp_path / "a.zip", data), needs_content=odd)
    expected = {path: FILES[path] if n % 2 else None for n, path in enumerate(FILES)}
    assert contents(records) == expected
    assert {record["error"] for record in records} == {None}


@pytest.mark.parametrize("part_bytes", [1, 10_000, 25_000])
def test_ranges_together_are_the_whole_in_order(
    tmp_path: Path, parts: Callable[..., Any], part_bytes: int
) -> None:
    cut = parts(source(tmp_path / "a.zip", pack(FILES)), part_bytes=part_bytes)
    assert len(cut) == {1: 10, 10_000: 10, 25_000: 4}[part_bytes]
    assert [(r["path"], r["content"]) for part in cut for r in part] == list(FILES.items())


def test_a_zip_that_changed_since_it_was_planned_is_one_row(tmp_path: Path) -> None:
    folder = source(tmp_path / "a.zip", pack(FILES))
    plan = list(folder.plan(10_000))
    (tmp_path / "a.zip").write_bytes(pack({"other.py": b""}))
    rows = [r for p in plan for b in folder.read(p, everything, Limits()) for r in b.to_pylist()]
    assert errors(rows) == [("a.zip", ARCHIVE)]
    assert "changed" in rows[0]["detail"]


def test_names_are_decoded_from_their_bytes(tmp_path: Path, read: Read) -> None:
    data = pack({"naïve\n.py": b"1", "cafX.py": b"2"}).replace(b"cafX", b"caf\xe9")
    records = read(source(tmp_path / "a.zip", data))
    assert contents(records) == {"naïve\n.py": b"1", "caf\\xe9.py": b"2"}


def test_members_that_are_not_files(tmp_path: Path, read: Read) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, mode in (("link", stat.S_IFLNK), ("fifo", stat.S_IFIFO)):
            info = zipfile.ZipInfo(name)
            info.create_system = 3
            info.external_attr = (mode | 0o644) << 16
            packed.writestr(info, "target")
        for name in ("folder/", ".git/config", "a/__pycache__/b.pyc", "a.py"):
            packed.writestr(name, "")
    records = read(source(tmp_path / "a.zip", out.getvalue()))
    assert [(r["path"], r["error"], r["detail"]) for r in records] == [
        ("fifo", IO, NOT_REGULAR),
        ("a.py", None, None),
    ]


def test_members_that_leave_the_folder_are_rows(tmp_path: Path, read: Read) -> None:
    names = ["/etc/passwd", "../up.py", "a\\..\\..\\b.py", "fine.py"]
    records = read(source(tmp_path / "a.zip", pack(dict.fromkeys(names, b"x"))))
    assert errors(records) == [
        ("/etc/passwd", ARCHIVE),
        ("../up.py", ARCHIVE),
        ("a\\\\..\\\\..\\\\b.py", ARCHIVE),
        ("fine.py", None),
    ]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_members_of_one_name_are_each_a_record(tmp_path: Path, read: Read) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a.py", "1")
        packed.writestr("a.py", "2")
    records = read(source(tmp_path / "a.zip", out.getvalue()))
    assert [(r["path"], r["content"]) for r in records] == [("a.py", b"1"), ("a.py", b"2")]


def test_a_member_whose_bytes_are_damaged_is_a_row_and_the_others_go_on(
    tmp_path: Path, read: Read
) -> None:
    data = bytearray(pack({"a.py": b"1" * 9, "b.py": b"2" * 9, "c.py": b"3" * 9}, method=0))
    data[data.index(b"222222222")] ^= 1
    records = read(source(tmp_path / "a.zip", bytes(data)))
    assert errors(records) == [("a.py", None), ("b.py", ARCHIVE), ("c.py", None)]
    assert "checksum" in records[1]["detail"]


def test_a_member_whose_compression_is_damaged_is_a_row(tmp_path: Path, read: Read) -> None:
    data = bytearray(pack({"a.py": noise(500), "b.py": b"2"}))
    data[34] = 0xFF  # the first byte of the data: a block of a kind that does not exist
    records = read(source(tmp_path / "a.zip", bytes(data)))
    assert errors(records) == [("a.py", ARCHIVE), ("b.py", None)]


def _patched(data: bytes, member: int, field: int, layout: str, value: int) -> bytes:
    """The archive with one field of the n-th entry of its directory changed."""
    at = -1
    for _ in range(member + 1):
        at = data.index(b"PK\x01\x02", at + 1)
    changed = bytearray(data)
    struct.pack_into(layout, changed, at + field, value)
    return bytes(changed)


@pytest.mark.parametrize(
    ("field", "value", "detail"),
    [(8, 1, "encrypted"), (8, 1 << 6, "encrypted"), (10, 12, "method 12"), (10, 99, "method 99")],
)
def test_an_unsupported_member_is_a_row(
    tmp_path: Path, read: Read, field: int, value: int, detail: str
) -> None:
    data = _patched(pack({"a.py": b"1", "b.py": b"2"}), 0, field, "<H", value)
    records = read(source(tmp_path / "a.zip", data))
    assert errors(records) == [("a.py", ARCHIVE), ("b.py", None)]
    assert detail in records[0]["detail"]


def test_a_member_over_the_limit_is_too_large(tmp_path: Path, read: Read) -> None:
    data = pack({"a.py": b"x" * 1_001, "b.py": b"x" * 1_000})
    records = read(source(tmp_path / "a.zip", data), limits=Limits(record_bytes=1_000))
    assert errors(records) == [("a.py", TOO_LARGE), ("b.py", None)]


@pytest.mark.parametrize(("really", "error"), [(500_000, TOO_LARGE), (900, ARCHIVE)])
def test_a_false_size_is_detected(tmp_path: Path, read: Read, really: int, error: str) -> None:
    data = pack({"a.py": bytes(really), "b.py": b"2"})
    data = _patched(data, 0, 24, "<L", 10)
    records = read(source(tmp_path / "a.zip", data), limits=Limits(record_bytes=1_000))
    assert errors(records) == [("a.py", error), ("b.py", None)]


def test_many_false_sizes_are_a_bomb(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "EXPANSION_BYTES", 1 << 20)
    monkeypatch.setattr(archive, "EXPANSION_RATIO", 1)
    data = pack({f"{number}.py": bytes(1 << 20) for number in range(20)})
    for number in range(20):
        data = _patched(data, number, 24, "<L", 10)
    records = read(source(tmp_path / "a.zip", data))
    assert {record["error"] for record in records} == {ARCHIVE}
    assert sum("bomb" in record["detail"] for record in records) > 15


def test_a_zip_bomb_is_one_row(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "EXPANSION_BYTES", 1 << 20)
    data = pack({f"{number}.py": bytes(4 << 20) for number in range(5)})
    assert len(data) < 30_000
    (record,) = read(source(tmp_path / "a.zip", data))
    assert (record["path"], record["error"]) == ("a.zip", ARCHIVE)
    assert "bomb" in record["detail"]


def _overlapping(copies: int) -> bytes:
    """Many entries of a directory, each inside the one before, as in Fifield's bomb."""
    kernel = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = kernel.compress(bytes(100_000)) + kernel.flush()
    name = b"a.py"
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(body), 100_000, 4, 0)
    data = local + name + body
    entry = struct.pack(
        "<4s6H3L5H2L", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(body), 100_000, 4, 0, 0, 0, 0, 0, 0
    )
    directory = (entry + name) * copies
    sizes = (copies, copies, len(directory), len(data), 0)
    return data + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *sizes)


def test_members_that_overlap_are_a_bomb(tmp_path: Path, read: Read) -> None:
    (record,) = read(source(tmp_path / "a.zip", _overlapping(2)))
    assert (record["path"], record["error"]) == ("a.zip", ARCHIVE)
    assert "overlap" in record["detail"]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_truncated_zip_is_one_row(tmp_path: Path, read: Read, streamed: bool) -> None:
    whole = pack(FILES, Unseekable() if streamed else None)
    directory = whole.index(b"PK\x01\x02")
    for length in (directory * 65 // 100, directory, len(whole) - 1):
        (record,) = read(source(tmp_path / "a.zip", whole[:length]))
        assert (record["path"], record["error"]) == ("a.zip", ARCHIVE)
        assert "no central directory" in record["detail"]


@settings(deadline=None, max_examples=80)
@given(st.data())
def test_a_zip_truncated_anywhere_is_one_row(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = {f"{number}.py": noise(200, number) for number in range(4)}
    whole = pack(files, Unseekable() if data.draw(st.booleans()) else None)
    cut = data.draw(st.integers(0, len(whole) - 1))
    folder = source(tmp_path_factory.mktemp("cut") / "a.zip", whole[:cut])
    (part,) = folder.plan(1)
    (batch,) = folder.read(part, everything, Limits())
    assert errors(batch.to_pylist()) == [("a.zip", ARCHIVE)]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damage_anywhere_never_raises_nor_gives_other_bytes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = {f"{number}.py": noise(60, number) for number in range(4)}
    damaged = bytearray(pack(files, Unseekable() if data.draw(st.booleans()) else None))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    folder = source(tmp_path_factory.mktemp("hit") / "a.zip", bytes(damaged))
    for part in folder.plan(1):
        for batch in folder.read(part, everything, Limits()):
            for row in batch.to_pylist():
                assert row["error"] or row["content"] in files.values()


def test_a_damaged_directory_gives_the_members_before(tmp_path: Path, read: Read) -> None:
    data = pack({"a.py": b"1", "b.py": b"2"})
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    records = read(source(tmp_path / "a.zip", data[:second] + b"XX" + data[second + 2 :]))
    assert errors(records) == [("a.py", None), ("a.zip", ARCHIVE)]


@pytest.mark.parametrize("garbage", [b"", b"x", b"PK\x05\x06", noise(3_000), b"PK\x03\x04" * 99])
def test_garbage_is_one_row(tmp_path: Path, read: Read, garbage: bytes) -> None:
    assert errors(read(source(tmp_path / "a.zip", garbage))) == [("a.zip", ARCHIVE)]


def test_a_zip_without_members_is_not_damaged(tmp_path: Path, read: Read) -> None:
    assert read(source(tmp_path / "a.zip", pack({}))) == []


def test_data_before_and_after_a_zip_is_ignored(tmp_path: Path, read: Read) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("a.py", "1")
        packed.comment = b"PK" * 500
    data = b"#!/bin/sh\n" * 50 + out.getvalue()
    assert contents(read(source(tmp_path / "a.zip", data))) == {"a.py": b"1"}


def test_zip64_is_read(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        with packed.open("a.py", "w", force_zip64=True) as member:
            member.write(b"1")
        packed.writestr("b.py", b"2")
        packed.writestr("c.py", b"3")
    assert b"PK\x06\x06" in out.getvalue()
    for data in (out.getvalue(), b"before" + out.getvalue()):
        records = read(source(tmp_path / "a.zip", data))
        assert contents(records) == {"a.py": b"1", "b.py": b"2", "c.py": b"3"}


def test_sizes_over_4_gigabytes_are_read_from_the_extra_field(tmp_path: Path, read: Read) -> None:
    """Such a member is far too large, and neither its sizes nor what follows is misread."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("b.py", b"2")
    data = path.read_bytes()
    at = data.index(b"PK\x01\x02")
    extra = struct.pack("<HHQ", 1, 8, 1 << 62)
    entry = bytearray(data[at : data.index(b"PK\x05\x06")])
    struct.pack_into("<L", entry, 24, 0xFFFFFFFF)
    struct.pack_into("<H", entry, 30, len(extra))
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(entry) + len(extra), at, 0)
    path.write_bytes(data[:at] + entry + extra + end)
    (record,) = read(FolderSource([path]))
    assert (record["path"], record["error"]) == ("a.zip", ARCHIVE)
    assert "bomb" in record["detail"]


def test_a_disk_error_is_a_row(tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    original = os.pread

    def broken(descriptor: int, size: int, offset: int) -> bytes:
        if offset == 0 and size == 30:
            raise OSError(5, "Input/output error")
        return original(descriptor, size, offset)

    folder = source(tmp_path / "a.zip", pack({"a.py": b"1", "b.py": b"2"}))
    monkeypatch.setattr(os, "pread", broken)
    records = read(folder)
    assert errors(records) == [("a.py", IO), ("b.py", None)]
