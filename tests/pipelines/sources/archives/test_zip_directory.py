"""Directories that zipfile writes, read from any entry on."""

import io
import os
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.sources.archives.zip_directory import (
    Member,
    find_directory,
    read_members,
)
from codecorpus.pipelines.sources.base import DamagedError
from codecorpus.pipelines.sources.io.local import LocalFile

names = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=50
)


def packed(names: list[str], comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, name * 3)
        archive.comment = comment
    return out.getvalue()


def members(path: Path, data: bytes, start: int | None = None) -> list[Member]:
    path.write_bytes(data)
    file = LocalFile(os.open(path, os.O_RDONLY))
    try:
        return list(read_members(file, find_directory(file, len(data)), start))
    finally:
        file.close()


@settings(deadline=None, max_examples=50)
@given(
    st.lists(names, unique=True, max_size=12),
    st.binary(max_size=300).filter(lambda comment: b"PK\x05\x06" not in comment),
    st.binary(max_size=300),
)
def test_members_are_those_of_zipfile(
    tmp_path_factory: pytest.TempPathFactory, given_names: list[str], comment: bytes, before: bytes
) -> None:
    data = before + packed(given_names, comment)
    found = members(tmp_path_factory.mktemp("zip") / "a.zip", data)
    expected = zipfile.ZipFile(io.BytesIO(data)).infolist()
    assert [(m.crc, m.compressed, m.size, m.offset) for m in found] == [
        (info.CRC, info.compress_size, info.file_size, info.header_offset) for info in expected
    ]
    assert len(found) == len(given_names)


def test_reading_may_begin_at_any_entry(tmp_path: Path) -> None:
    data = packed([f"{number}.py" for number in range(20)])
    whole = members(tmp_path / "a.zip", data)
    for number, member in enumerate(whole):
        assert members(tmp_path / "a.zip", data, member.entry_offset) == whole[number:]


def test_members_occupy_ranges_that_do_not_overlap(tmp_path: Path) -> None:
    found = members(tmp_path / "a.zip", packed([f"{number}.py" for number in range(5)]))
    spans = sorted(member.span for member in found)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


@pytest.mark.parametrize("data", [b"", b"PK", b"x" * 100, packed(["a.py"])[:-1]])
def test_a_file_without_a_directory_is_damaged(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(DamagedError, match="no central directory"):
        members(tmp_path / "a.zip", data)


def test_one_file_of_a_multi_part_archive_is_refused(tmp_path: Path) -> None:
    data = bytearray(packed(["a.py"]))
    data[data.rindex(b"PK\x05\x06") + 4] = 1
    with pytest.raises(DamagedError, match="multi-part"):
        members(tmp_path / "a.zip", bytes(data))


def test_a_damaged_entry_ends_the_directory(tmp_path: Path) -> None:
    data = packed(["a.py", "b.py"])
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    with pytest.raises(DamagedError, match="directory is damaged"):
        members(tmp_path / "a.zip", data[:second] + b"XX" + data[second + 2 :])
