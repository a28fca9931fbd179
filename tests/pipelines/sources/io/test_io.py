"""Files are opened and read whole, wherever they are."""

from pathlib import Path

import pytest

from codecorpus.pipelines.sources.base import IO, UnreadableError
from codecorpus.pipelines.sources.io import open_file, read_whole


def test_a_local_file_is_opened_with_its_present_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1234")
    opened = open_file(bytes(tmp_path / "a"), (9, "old"))
    assert opened.size == 4, "what was listed matters only for remote files"
    assert opened.file.pread(9, 0) == b"1234"
    opened.file.close()


def test_a_missing_file_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError) as error:
        open_file(bytes(tmp_path / "none"))
    assert error.value.reason == IO


def test_a_small_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"list\n" * 100)
    assert read_whole(tmp_path / "a") == b"list\n" * 100
    with pytest.raises(FileNotFoundError):
        read_whole(tmp_path / "none")
