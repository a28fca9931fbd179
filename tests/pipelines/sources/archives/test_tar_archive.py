import gzip
import io
import random
import shutil
import struct
import subprocess
import sysconfig
import tarfile
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

from codecorpus.pipelines.sources.archives import archive, decompression
from codecorpus.pipelines.sources.base import ARCHIVE, IO, TOO_LARGE, Limits
from codecorpus.pipelines.sources.folder import FolderSource
from codecorpus.pipelines.sources.io.local import NOT_REGULAR

PACKAGE = Path(sysconfig.get_paths()["stdlib"]) / "email"

Read = Callable[..., list[dict[str, Any]]]
FORMATS = [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]


def member(name: str, kind: bytes = tarfile.REGTYPE, **fields: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def pack(
    files: dict[str, bytes] | list[tuple[str, bytes]], kind: int = tarfile.PAX_FORMAT
) -> bytes:
    """A tar of files, without compression."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as tar:
        for name, content in files.items() if isinstance(files, dict) else files:
            tar.addfile(member(name, size=len(content)), io.BytesIO(content))
    return out.getvalue()


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that do not shrink."""
    return random.Random(seed).randbytes(size)


def source(path: Path, content: bytes, **settings: Any) -> FolderSource:
    path.write_bytes(content)
    return FolderSource([path], **settings)


def contents(records: list[dict[str, Any]]) -> dict[str, bytes]:
    return {record["path"]: record["content"] for record in records}


def only_damaged(records: list[dict[str, Any]], path: str) -> str:
    """The detail of the one row with an error, which must be the archive's and the last."""
    assert [r["path"] for r in records if r["error"]] == [path] == [records[-1]["path"]]
    assert records[-1]["error"] == ARCHIVE
    return str(records[-1]["detail"])


def by_name(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    return np.array([path.endswith(".py") for path in batch.column("path").to_pylist()], np.bool_)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("suffix", [".tar", ".tar.gz", ".TGZ"])
def test_members_are_those_that_tarfile_finds(
    tmp_path: Path, read: Read, kind: int, suffix: str
) -> None:
    path = tmp_path / f"email{suffix}"
    mode: Any = "w" if suffix == ".tar" else "w:gz"
    with tarfile.open(path, mode, format=kind) as tar:
        tar.add(PACKAGE, "email-1", filter=lambda i: None if "__pycache__" in i.name else i)
    with tarfile.open(path) as tar:
        expected = [(m.name, tar.extractfile(m).read()) for m in tar if m.isreg()]  # type: ignore[union-attr]
    records = read(FolderSource([path]))
    assert [(r["path"], r["content"]) for r in records] == expected
    assert {r["repository"] for r in records} == {"email"}
    assert {r["error"] for r in records} == {None}


NAMES = st.text(
    st.characters(exclude_characters="/\0\\", exclude_categories=["Cs"]), min_size=1, max_size=120
).filter(lambda name: name not in {".", ".."})


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.tuples(st.lists(NAMES, min_size=1, max_size=4), st.binary(max_size=1_100))),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_any_members_come_back(
    tmp_path_factory: pytest.TempPathFactory, members: list[tuple[list[str], bytes]], kind: int
) -> None:
    files = [("/".join(names), content) for names, content in members]
    path = tmp_path_factory.mktemp("tar") / "a.tar"
    (part,) = source(path, pack(files, kind)).plan(1 << 30)
    batches = FolderSource([]).read(part, lambda b: np.ones(b.num_rows, np.bool_), Limits())
    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [(row["path"], row["content"]) for row in rows] == files


@pytest.mark.parametrize("window", [512, 1_024, 700, 4_096])
def test_members_may_lie_across_windows(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch, window: int
) -> None:
    files = {f"{'n' * (number * 7)}{number}.py": noise(number * 97, number) for number in range(40)}
    expected = read(source(tmp_path / "a.tar.gz", gzip.compress(pack(files))))
    monkeypatch.setattr(decompression, "CHUNK", window)
    for name, data in (("a.tar.gz", gzip.compress(pack(files))), ("b.tar", pack(files))):
        found = read(source(tmp_path / name, data))
        assert contents(found) == contents(expected) == files


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_members_that_are_not_needed_are_skipped(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(decompression, "CHUNK", 2_048)
    files = {"a.png": noise(9_000), "b.py": b"b", "c.png": b"c", "d.py": noise(5_000), "e.png": b""}
    data = pack(files)
    records = read(
        source(tmp_path / name, gzip.compress(data) if "gz" in name else data),
        needs_content=by_name,
    )
    expected = {path: content if ".py" in path else None for path, content in files.items()}
    assert contents(records) == expected


@pytest.mark.parametrize("kind", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_of_4096_characters_and_more(tmp_path: Path, read: Read, kind: int) -> None:
    name = "d" * 4_999 + "/é.py"
    assert contents(read(source(tmp_path / "a.tar", pack({name: b"x"}, kind)))) == {name: b"x"}


def test_names_that_are_not_utf8_are_spelled(tmp_path: Path, read: Read) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, encoding="latin-1") as tar:
        tar.addfile(member("café\\\n.py"))
    assert contents(read(source(tmp_path / "a.tar", out.getvalue()))) == {"caf\\xe9\\\\\n.py": b""}


def test_what_is_no_file_in_an_archive(tmp_path: Path, read: Read) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE):
            tar.addfile(member("link", kind, linkname="a.py"))
        tar.addfile(member("folder", tarfile.DIRTYPE))
        for kind in (tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE):
            tar.addfile(member(f"special{kind.decode()}", kind))
        for name in ("a/.git/config", "__pycache__/x.pyc", "b/.svn/c"):
            tar.addfile(member(name))
        tar.addfile(member("a.py"))
    records = read(source(tmp_path / "a.tar", out.getvalue()))
    assert [(r["path"], r["error"], r["detail"]) for r in records] == [
        ("special6", IO, NOT_REGULAR),
        ("special3", IO, NOT_REGULAR),
        ("special4", IO, NOT_REGULAR),
        ("a.py", None, None),
    ]


def test_members_that_escape_have_a_row_under_their_name(tmp_path: Path, read: Read) -> None:
    names = ["/etc/passwd", "../up.py", "a/../../b.py", "fine.py"]
    records = read(source(tmp_path / "a.tar", pack(dict.fromkeys(names, b"x"))))
    assert [(r["path"], r["error"]) for r in records] == [
        *((name, ARCHIVE) for name in names[:3]),
        ("fine.py", None),
    ]


def test_members_of_one_name_are_each_a_record(tmp_path: Path, read: Read) -> None:
    records = read(source(tmp_path / "a.tar", pack([("a.py", b"1"), ("a.py", b"2")])))
    assert [(r["path"], r["content"]) for r in records] == [("a.py", b"1"), ("a.py", b"2")]


def test_a_member_over_the_limit_is_too_large_and_the_rest_goes_on(
    tmp_path: Path, read: Read
) -> None:
    files = {"a.py": b"1", "huge.py": b"x" * 3_000_000, "b.py": b"2"}
    data = gzip.compress(pack(files))
    records = read(source(tmp_path / "a.tgz", data), limits=Limits(record_bytes=2_000_000))
    assert [(r["path"], r["error"]) for r in records] == [
        ("a.py", None),
        ("huge.py", TOO_LARGE),
        ("b.py", None),
    ]


FILES = {f"{number}.py": noise(50_000, number) for number in range(10)}


@pytest.mark.parametrize("window", [4_096, 1 << 20])
@pytest.mark.parametrize(
    "needs_content", [by_name, lambda batch: np.zeros(batch.num_rows, np.bool_)]
)
@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
def test_members_before_a_truncation_are_read(
    tmp_path: Path,
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    needs_content: Any,
    window: int,
) -> None:
    monkeypatch.setattr(decompression, "CHUNK", window)
    data = pack(FILES)
    data = gzip.compress(data) if name.endswith("gz") else data
    for length in (len(data) * 65 // 100, len(data) * 95 // 100):
        records = read(source(tmp_path / name, data[:length]), needs_content=needs_content)
        assert "truncated" in only_damaged(records, name)
        whole = contents(records[:-1])
        assert list(whole) == list(FILES)[: len(whole)]
        assert len(whole) == length * 10 // len(data)
        if needs_content is by_name:
            assert whole == {path: FILES[path] for path in whole}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_wherever_an_archive_is_cut_there_is_one_row_of_damage(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = {f"{number}.py": noise(300, number) for number in range(6)}
    whole = gzip.compress(pack(files))
    cut = data.draw(st.integers(0, len(whole) - 1))
    folder = source(tmp_path_factory.mktemp("cut") / "a.tgz", whole[:cut])
    (part,) = folder.plan(1 << 30)
    (batch,) = folder.read(part, everything, Limits())
    rows = batch.to_pylist()
    only_damaged(rows, "a.tgz")
    assert contents(rows[:-1]) == {path: files[path] for path in list(files)[: len(rows) - 1]}


def everything(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    return np.ones(batch.num_rows, np.bool_)


def test_a_wrong_checksum_at_the_end_is_reported(tmp_path: Path, read: Read) -> None:
    data = bytearray(gzip.compress(pack(FILES)))
    data[-8] ^= 1
    records = read(source(tmp_path / "a.tgz", bytes(data)))
    assert "compression is damaged" in only_damaged(records, "a.tgz")
    assert contents(records[:-1]) == FILES


def test_a_damaged_header_ends_the_archive(tmp_path: Path, read: Read) -> None:
    data = bytearray(pack({"a.py": b"1", "b.py": b"2", "c.py": b"3"}))
    data[1_024] ^= 1
    records = read(source(tmp_path / "a.tar", bytes(data)))
    assert "checksum" in only_damaged(records, "a.tar")
    assert contents(records[:-1]) == {"a.py": b"1"}


@pytest.mark.parametrize("garbage", [b"", b"x", b"\x1f\x8b", noise(2_000), b"\x1f\x8b" + noise(99)])
def test_garbage_is_one_row(tmp_path: Path, read: Read, garbage: bytes) -> None:
    (record,) = read(source(tmp_path / "a.tar.gz", garbage))
    assert (record["path"], record["error"]) == ("a.tar.gz", ARCHIVE)


def test_an_archive_without_members_is_not_damaged(tmp_path: Path, read: Read) -> None:
    assert read(source(tmp_path / "a.tar.gz", gzip.compress(pack({})))) == []


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_damage_anywhere_never_raises(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    files = {f"{'d' * 120 * number}/{number}.py": noise(60, number) for number in range(3)}
    damaged = bytearray(pack(files, data.draw(st.sampled_from(FORMATS[1:]))))
    compressed = data.draw(st.booleans())
    if compressed:
        damaged = bytearray(gzip.compress(bytes(damaged)))
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    folder = source(tmp_path_factory.mktemp("hit") / "a.tar", bytes(damaged))
    (part,) = folder.plan(1 << 20)
    for batch in folder.read(part, everything, Limits()):
        assert batch.num_rows <= len(files) + 1


def test_a_missing_end_mark_is_reported(tmp_path: Path, read: Read) -> None:
    records = read(source(tmp_path / "a.tar", pack({"a.py": b"1"})[:1_024]))
    assert "end-of-archive mark" in only_damaged(records, "a.tar")


def test_an_archive_that_vanished_is_one_row(tmp_path: Path) -> None:
    folder = source(tmp_path / "a.tgz", gzip.compress(pack(FILES)))
    (part,) = folder.plan(1 << 30)
    (tmp_path / "a.tgz").unlink()
    (batch,) = folder.read(part, by_name, Limits())
    (record,) = batch.to_pylist()
    assert (record["path"], record["error"]) == ("a.tgz", IO)


def test_gzip_in_several_streams_with_zeros_behind(tmp_path: Path, read: Read) -> None:
    data = pack(FILES)
    pieces = [gzip.compress(data[at : at + 70_000]) for at in range(0, len(data), 70_000)]
    packed = b"".join(pieces) + bytes(3_000)
    assert contents(read(source(tmp_path / "a.tgz", packed))) == FILES


def test_a_name_may_lie_about_compression(tmp_path: Path, read: Read) -> None:
    assert contents(read(source(tmp_path / "a.tar.gz", pack(FILES)))) == FILES
    assert contents(read(source(tmp_path / "a.tar", gzip.compress(pack(FILES))))) == FILES


def test_a_bomb_is_stopped_and_named(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "EXPANSION_BYTES", 1 << 20)
    files = {"a.py": b"first", "zeros.py": bytes(20 << 20), "b.py": b"never"}
    records = read(source(tmp_path / "a.tgz", gzip.compress(pack(files), 9)))
    assert "bomb" in only_damaged(records, "a.tgz")
    assert contents(records[:-1]) == {"a.py": b"first"}


def test_a_bomb_behind_the_last_member_is_stopped(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "EXPANSION_BYTES", 1 << 20)
    data = gzip.compress(pack({"a.py": b"1"}) + bytes(20 << 20), 9)
    assert "bomb" in only_damaged(read(source(tmp_path / "a.tgz", data)), "a.tgz")


def test_a_compressed_member_that_claims_exabytes_takes_no_memory(
    tmp_path: Path, read: Read
) -> None:
    info = member("a.py", size=1 << 60)
    data = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(512))
    assert "truncated" in only_damaged(read(source(tmp_path / "a.tgz", data)), "a.tgz")


def test_an_extended_header_of_megabytes_is_refused(tmp_path: Path, read: Read) -> None:
    data = member("x", tarfile.XHDTYPE, size=1 << 30).tobuf(tarfile.USTAR_FORMAT)
    detail = only_damaged(read(source(tmp_path / "a.tar", data + bytes(4_096))), "a.tar")
    assert "extended header" in detail


@pytest.mark.parametrize("record", [b"nonsense", b"0 a=b\n", b"99 path=x\n", b"5x a=b\n"])
def test_a_bad_extended_header_is_damage(tmp_path: Path, read: Read, record: bytes) -> None:
    header = member("x", tarfile.XHDTYPE, size=len(record)).tobuf(tarfile.USTAR_FORMAT)
    data = header + record.ljust(512, b"\0") + pack({"a.py": b"1"})
    assert "extended header" in only_damaged(read(source(tmp_path / "a.tar", data)), "a.tar")


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz"])
@pytest.mark.parametrize("part_bytes", [100_000, 300_000])
def test_splits_together_are_the_whole(
    tmp_path: Path, parts: Callable[..., Any], name: str, part_bytes: int
) -> None:
    files = {f"{number}.py": noise(700, number) for number in range(581)}
    data = pack(files)
    folder = source(tmp_path / name, gzip.compress(data) if name.endswith("gz") else data)
    in_splits = parts(folder, part_bytes=part_bytes)
    assert len(in_splits) == 2
    together = [record for part in in_splits for record in part]
    assert [(record["path"], record["content"]) for record in together] == list(files.items())
    assert abs(len(in_splits[0]) - len(in_splits[1])) < 30, "each takes about half of them"


def splits_of(folder: FolderSource, cut: int) -> list[dict[str, Any]]:
    """The records of two splits that meet at an offset in the decompressed archive."""
    (whole,) = folder.plan(1 << 30)
    found: list[dict[str, Any]] = []
    for split, first, count in ((0, 0, cut), (1, cut, 1)):
        part = whole
        for name, value in (("split", split), ("splits", 2), ("first", first), ("count", count)):
            at = part.schema.get_field_index(name)
            part = part.set_column(at, part.field(at), pa.array([value], part.field(at).type))
        found += read_part(folder, part)
    return found


def read_part(folder: FolderSource, part: pa.Table) -> list[dict[str, Any]]:
    batches = folder.read(part, lambda b: np.ones(b.num_rows, np.bool_), Limits())
    return [{**row, "row": None} for batch in batches for row in batch.to_pylist()]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["a.tar", "a.tgz"])
def test_splits_at_any_offset_together_are_the_whole(tmp_path: Path, name: str, kind: int) -> None:
    files = {f"{'d' * (90 * (number % 2))}{number}.py": noise(number * 321) for number in range(9)}
    data = pack(files, kind)
    folder = source(tmp_path / name, data if name == "a.tar" else gzip.compress(data))
    (part,) = folder.plan(1 << 30)
    whole = read_part(folder, part)
    assert len(whole) == len(files)
    for cut in [*range(0, len(data) + 1_024, 512), 700, 1_333]:
        assert splits_of(folder, cut) == whole, cut


@pytest.mark.parametrize("damage", ["cut", "flipped", "header", "bomb"])
def test_damage_is_reported_once_by_the_split_that_contains_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    files = {f"{number}.py": noise(3_000, number) for number in range(20)}
    data = pack(files)
    if damage == "header":
        place = 11 * (512 + 3_072)
        data = data[:place] + b"\1" * 512 + data[place + 512 :]
    packed = gzip.compress(data)
    if damage == "cut":
        packed = packed[: len(packed) // 2]
    elif damage == "flipped":
        packed = packed[:30_000] + bytes(99) + packed[30_099:]
    elif damage == "bomb":
        monkeypatch.setattr(archive, "EXPANSION_BYTES", 40_000)
        monkeypatch.setattr(archive, "EXPANSION_RATIO", 0)
        monkeypatch.setattr(decompression, "CHUNK", 4_096)
    folder = source(tmp_path / "a.tgz", packed)
    (part,) = folder.plan(1 << 30)
    whole = read_part(folder, part)
    assert 2 < len(whole) < 20
    assert [row["path"] for row in whole if row["error"]] == ["a.tgz"]
    for cut in range(0, len(data) + 8_192, 2_048):
        together = splits_of(folder, cut)
        assert sorted(map(str, together)) == sorted(map(str, whole)), cut


def test_a_split_stops_at_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[int] = []
    chunk = decompression.Gzip.chunk

    def counted(stream: decompression.Gzip) -> bytes:
        data = chunk(stream)
        given[-1] += len(data)
        return data

    files = {f"{number}.py": noise(70_000, number) for number in range(100)}
    data = pack(files)
    folder = source(tmp_path / "a.tgz", gzip.compress(data))
    planned = list(folder.plan(4 << 20))
    monkeypatch.setattr(decompression.Gzip, "chunk", counted)
    for part in planned:
        given.append(0)
        read_part(folder, part)
    assert len(given) == 2
    assert given[0] < len(data) / 2 + 2 * decompression.CHUNK
    assert given[1] == len(data)


@pytest.mark.parametrize(
    ("name", "limit", "expected"),
    [
        ("a.tar", None, 500_000),
        ("a.tar.gz", None, None),
        ("a.tar.gz", 1 << 30, 500_000),
        ("a.tar.gz", 120_000, 150_000),  # seen when the limit was passed
    ],
)
def test_a_repository_is_measured_only_as_far_as_needed(
    tmp_path: Path, read: Read, name: str, limit: int | None, expected: int | None
) -> None:
    data = pack(FILES)
    data = gzip.compress(data) if name.endswith("gz") else data
    records = read(source(tmp_path / name, data, max_repository_bytes=limit))
    assert {record["repository_bytes"] for record in records} == {expected}


def test_checksums_of_signed_bytes_are_accepted(tmp_path: Path, read: Read) -> None:
    data = bytearray(pack({"é.py": b"1"}, tarfile.GNU_FORMAT))
    data[148:156] = b" " * 8
    signed = sum(struct.unpack("512b", data[:512]))
    data[148:156] = b"%06o\0 " % signed
    assert contents(read(source(tmp_path / "a.tar", bytes(data)))) == {"é.py": b"1"}


def test_output_that_ends_with_the_last_chunk_ends_the_stream(tmp_path: Path, read: Read) -> None:
    """A stream whose output ends exactly with its input's last chunk still ends."""
    for extra in range(3):
        data = pack({"a.py": noise((1 << 20) - 1_536 - 512 * extra)})
        assert zlib.decompress(gzip.compress(data), 31) == data
        assert len(read(source(tmp_path / "a.tgz", gzip.compress(data)))) == 1


def test_an_archive_among_loose_files_shares_their_part(
    tmp_path: Path, parts: Callable[..., Any]
) -> None:
    (tmp_path / "a.tgz").write_bytes(gzip.compress(pack({"x.py": b"1"})))
    (tmp_path / "b.py").write_bytes(b"2")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "y.py").write_bytes(b"3")
    (records,) = parts(FolderSource([tmp_path], repositories="children"))
    assert [(r["repository"], r["path"], r["content"]) for r in records] == [
        ("a", "x.py", b"1"),
        ("c", "y.py", b"3"),
        (tmp_path.name, "b.py", b"2"),
    ]


def sparse(options: list[str], folder: Path, pieces: int) -> Path:
    """A tar with a sparse member between two ordinary ones, made by GNU tar."""
    program = shutil.which("tar")
    if program is None or b"GNU tar" not in subprocess.check_output([program, "--version"]):
        pytest.skip("needs GNU tar")
    (folder / "a.py").write_bytes(b"first")
    with (folder / "b.py").open("wb") as file:
        for number in range(pieces):
            file.seek((2 * number + 1) << 16)
            file.write(noise(5_000, number))
        file.truncate((2 * pieces + 1) << 16)
    (folder / "c.py").write_bytes(b"last")
    command = [program, "--sparse", *options, "-cf", "x.tar", "a.py", "b.py", "c.py"]
    subprocess.run(command, check=True, cwd=folder)
    if (folder / "x.tar").stat().st_size > (pieces << 16) + 20_000:
        pytest.skip("the file system has no sparse files")
    return folder / "x.tar"


@pytest.mark.parametrize(
    "options",
    [
        ["--format=gnu"],
        ["--format=posix", "--sparse-version=0.0"],
        ["--format=posix", "--sparse-version=0.1"],
        ["--format=posix", "--sparse-version=1.0"],
    ],
)
@pytest.mark.parametrize("pieces", [1, 3, 40, 1_100])
def test_a_sparse_member_is_unreadable_and_the_others_are_read(
    tmp_path: Path, read: Read, options: list[str], pieces: int
) -> None:
    records = read(FolderSource([sparse(options, tmp_path, pieces)]))
    assert [(r["path"], r["error"]) for r in records] == [
        ("a.py", None),
        ("b.py", ARCHIVE),
        ("c.py", None),
    ]
    assert "sparse" in records[1]["detail"]
    assert [r["content"] for r in records] == [b"first", None, b"last"]
