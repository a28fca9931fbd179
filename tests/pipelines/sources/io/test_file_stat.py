"""The status of listed paths."""

import os
from pathlib import Path

import pytest

from codecorpus.pipelines.sources.io.file_stat import absolute_location, file_status
from codecorpus.pipelines.storage.locations import Url


def test_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    status = file_status(tmp_path / "a")
    assert (status.is_file, status.is_folder, status.size) == (True, False, 3)
    assert status.stamp == (tmp_path / "a").stat().st_mtime_ns
    assert status.location == os.fsencode(tmp_path / "a")


def test_a_folder_behind_a_link_has_its_own_location(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    status = file_status(tmp_path / "link")
    assert (status.is_file, status.is_folder) == (False, True)
    assert status.location == os.fsencode(tmp_path / "folder")


def test_a_fifo_is_neither(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    status = file_status(tmp_path / "fifo")
    assert (status.is_file, status.is_folder) == (False, False)


def test_a_missing_path_raises(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        file_status(tmp_path / "none")


def test_a_url_is_its_own_location() -> None:
    assert absolute_location(Url("s3://bucket/a/../b")) == b"s3://bucket/a/../b"
