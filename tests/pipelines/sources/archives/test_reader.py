"""Archives of either kind, and their damage."""

import gzip
import io
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from codecorpus.pipelines.sources.archives.archive import Archive
from codecorpus.pipelines.sources.archives.reader import archive_groups
from codecorpus.pipelines.sources.base import ARCHIVE, IO, Limits
from codecorpus.pipelines.sources.io.filenames import ArchiveKind

FILES = {f"{number}.py": b"x" * number for number in range(5)}


def tar() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in FILES.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return out.getvalue()


def rows(path: Path, kind: ArchiveKind, **values: Any) -> list[tuple[str, bytes | str]]:
    """Path, and content or error, of each record."""
    status = path.stat() if path.exists() else None
    listed: dict[str, Any] = {
        "size": status.st_size if status else 0,
        "stamp": str(status.st_mtime_ns) if status else "0",
        "split": 0,
        "splits": 1,
        "first": 0,
        "count": 0,
    } | values
    archive = Archive(
        location=bytes(path), kind=kind, path=path.name, repository="r",
        repository_bytes=None, stars=None, license=None, **listed,
    )  # fmt: skip
    buffer = memoryview(bytearray(100))
    found: list[tuple[str, bytes | str]] = []
    for group in archive_groups(archive, Limits()):
        for index, row in enumerate(group.names.to_pylist()):
            length = group.read_into(index, None if row["error"] else buffer)
            found.append((row["path"], row["error"] or bytes(buffer[:length])))
    return found


@pytest.mark.parametrize(
    ("kind", "data"), [("tar", tar()), ("tar", gzip.compress(tar())), ("zip", zipped())]
)
def test_both_kinds_yield_their_members(tmp_path: Path, kind: ArchiveKind, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    assert rows(tmp_path / "a", kind) == list(FILES.items())


@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_missing_archive_is_reported_by_its_first_split(
    tmp_path: Path, kind: ArchiveKind
) -> None:
    assert rows(tmp_path / "none", kind) == [("none", IO)]
    assert rows(tmp_path / "none", kind, split=1, splits=2) == []


@pytest.mark.parametrize(("kind", "data"), [("tar", tar()), ("zip", zipped())])
def test_a_split_of_a_changed_archive_is_refused(
    tmp_path: Path, kind: ArchiveKind, data: bytes
) -> None:
    (tmp_path / "a").write_bytes(data)
    assert rows(tmp_path / "a", kind, splits=2, stamp="other") == [("a", ARCHIVE)]
    assert rows(tmp_path / "a", kind, stamp="other") == list(FILES.items()), "a whole one is read"
