import io
import random
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codecorpus.pipelines.sources.archives import archive
from codecorpus.pipelines.sources.base import ARCHIVE
from codecorpus.pipelines.sources.folder import FolderSource

Read = Callable[..., list[dict[str, Any]]]


def behind() -> bytes:
    """The rest of an archive: one more member, and the end."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("b.py")
        info.size = 1
        tar.addfile(info, io.BytesIO(b"1"))
    return out.getvalue()


def _header(pieces: list[tuple[int, int]], stored: int, size: int) -> bytes:
    """A header of GNU tar's own format."""
    info = tarfile.TarInfo("a.py")
    info.type, info.size = b"S", stored
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    for number, (offset, length) in enumerate(pieces):
        block[386 + 24 * number : 410 + 24 * number] = b"%011o\0%011o\0" % (offset, length)
    block[483:495] = b"%011o\0" % size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize(
    "options",
    [
        ["--format=gnu"],
        ["--format=posix", "--sparse-version=0.0"],
        ["--format=posix", "--sparse-version=0.1"],
        ["--format=posix", "--sparse-version=1.0"],
    ],
)
@pytest.mark.parametrize("pieces", [1, 3, 40])
def test_sparse_files_come_back_whole(
    tmp_path: Path, read: Read, options: list[str], pieces: int
) -> None:
    program = shutil.which("tar")
    if program is None or b"GNU tar" not in subprocess.check_output([program, "--version"]):
        pytest.skip("needs GNU tar")
    with (tmp_path / "a.py").open("wb") as file:
        for number in range(pieces):
            file.seek((2 * number + 1) << 16)
            file.write(random.Random(number).randbytes(5_000))
        file.truncate((2 * pieces + 1) << 16)
    (tmp_path / "b.py").write_bytes(b"behind")
    command = [program, "--sparse", *options, "-cf", "x.tar", "a.py", "b.py"]
    subprocess.run(command, check=True, cwd=tmp_path)
    if (tmp_path / "x.tar").stat().st_size > (pieces << 16) + 20_000:
        pytest.skip("the file system has no sparse files")
    records = read(FolderSource([tmp_path / "x.tar"]))
    assert {r["path"]: r["content"] for r in records} == {
        "a.py": (tmp_path / "a.py").read_bytes(),
        "b.py": b"behind",
    }


@pytest.mark.parametrize("pieces", [[(0, 600)], [(90, 20)], [(0, 5), (5, 4 << 30)]])
def test_a_sparse_map_that_does_not_fit_spoils_its_member_only(
    tmp_path: Path, read: Read, pieces: list[tuple[int, int]]
) -> None:
    data = _header(pieces, 512, 100) + bytes(512) + behind()
    (tmp_path / "a.tar").write_bytes(data)
    records = read(FolderSource([tmp_path / "a.tar"]))
    assert [(r["path"], r["error"]) for r in records] == [("a.py", ARCHIVE), ("b.py", None)]


def test_many_sparse_files_of_nothing_are_a_bomb(
    tmp_path: Path, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "EXPANSION_BYTES", 1 << 20)
    data = _header([], 0, 1 << 20) * 100 + behind()
    (tmp_path / "a.tar").write_bytes(data)
    records = read(FolderSource([tmp_path / "a.tar"]))
    assert (records[-1]["path"], records[-1]["error"]) == ("a.tar", ARCHIVE)
    assert "bomb" in records[-1]["detail"]
    assert len(records) < 30
