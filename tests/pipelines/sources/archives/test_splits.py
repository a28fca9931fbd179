"""Splits of archives: their number, their weights, and the sum of the members' sizes."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from codecorpus.pipelines.sources.archives.splits import ArchiveSplit, split_archive
from codecorpus.pipelines.sources.io.filenames import ArchiveKind
from codecorpus.pipelines.sources.io.walk import Entry

SIZES = [1_000 * (number % 7 + 1) for number in range(40)]


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number, size in enumerate(SIZES):
            archive.writestr(f"{number:02d}.py", bytes(size))
    return out.getvalue()


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number, size in enumerate(SIZES):
            info = tarfile.TarInfo(f"{number:02d}.py")
            info.size = size
            archive.addfile(info, io.BytesIO(bytes(size)))
    return out.getvalue()


def split(
    path: Path, data: bytes, kind: ArchiveKind, part_bytes: int, limit: int | None = None
) -> tuple[list[ArchiveSplit], int | None]:
    path.write_bytes(data)
    status = path.stat()
    entry = Entry(path.name.encode(), status.st_size, status.st_mtime_ns)
    return split_archive(bytes(path), entry, kind, part_bytes, limit)


@pytest.mark.parametrize("part_bytes", [1, 5_000, 20_000, 1 << 30])
def test_ranges_of_a_zip_are_consecutive_and_weigh_a_part(tmp_path: Path, part_bytes: int) -> None:
    splits, total = split(tmp_path / "a.zip", zipped(), "zip", part_bytes)
    assert total == sum(SIZES)
    if part_bytes == 1 << 30:
        assert len(splits) == 1
        return
    assert sum(each.count for each in splits) == len(SIZES)
    assert all(each.weight <= part_bytes or each.count == 1 for each in splits)
    assert [each.first for each in splits] == sorted(each.first for each in splits)


@pytest.mark.parametrize(("name", "compress"), [("a.tar", False), ("a.tar.gz", True)])
def test_a_large_tar_has_two_splits_of_equal_length(
    tmp_path: Path, name: str, compress: bool
) -> None:
    data = tar()
    packed = gzip.compress(data) if compress else data
    splits, _ = split(tmp_path / name, packed, "tar", 100)
    assert [each.first for each in splits] == [0, len(data) // 2]
    assert {each.count for each in splits} == {len(data) // 2}
    assert len(split(tmp_path / name, packed, "tar", 1 << 30)[0]) == 1


@pytest.mark.parametrize(
    ("name", "limit", "expected"),
    [
        ("a.tar", None, sum(SIZES)),
        ("a.tar.gz", None, None),
        ("a.tar.gz", 1 << 30, sum(SIZES)),
        ("a.tar.gz", 2_500, 3_000),
    ],
)
def test_a_tar_is_measured_as_far_as_the_limit_needs(
    tmp_path: Path, name: str, limit: int | None, expected: int | None
) -> None:
    data = gzip.compress(tar()) if name.endswith("gz") else tar()
    assert split(tmp_path / name, data, "tar", 1 << 30, limit)[1] == expected


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_damaged_archive_is_one_split(tmp_path: Path, kind: ArchiveKind) -> None:
    splits, _ = split(tmp_path / "a", b"neither of both" * 10, kind, 1 << 30)
    assert len(splits) == 1


def test_an_archive_that_vanished_is_one_split_without_a_sum(tmp_path: Path) -> None:
    entry = Entry(b"a.zip", 10, 0)
    location = bytes(tmp_path / "a.zip")
    assert split_archive(location, entry, "zip", 1, None) == ([ArchiveSplit(0)], None)
