"""Local files are read at offsets, to their end, and without blocking."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.sources.base import IO, TOO_LARGE, UnreadableError
from codecorpus.pipelines.sources.io.local import (
    NOT_REGULAR,
    Stream,
    open_local,
    open_raw,
    read_file,
    too_large_error,
    unreadable_error,
)


def test_a_file_is_read_at_offsets(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    file, size, stamp = open_local(bytes(tmp_path / "a"))
    assert (size, stamp) == (10, str((tmp_path / "a").stat().st_mtime_ns))
    assert file.pread(3, 4) == b"456"
    assert file.pread(5, 10) == b""
    buffer = bytearray(4)
    assert file.preadinto(memoryview(buffer), 8) == 2
    assert bytes(buffer) == b"89\0\0"
    file.close()


def test_what_is_not_a_regular_file_is_unreadable(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to(tmp_path / "fifo")
    for name, detail in (("fifo", NOT_REGULAR), ("link", "Too many levels"), ("none", "No such")):
        with pytest.raises(UnreadableError, match=detail) as error:
            open_local(bytes(tmp_path / name))
        assert error.value.reason == IO


def test_a_path_longer_than_the_system_allows_is_opened(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    path = bytes(tmp_path)
    for _ in range(30):
        name = b"d" * 200
        os.mkdir(name, dir_fd=descriptor)
        deeper = os.open(name, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor, path = deeper, path + b"/" + name
    file = os.open("x", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor)
    os.write(file, b"deep")
    os.close(file)
    os.close(descriptor)
    assert len(path) > 4_096
    opened = open_raw(path + b"/x", os.O_RDONLY)
    assert os.read(opened, 10) == b"deep"
    os.close(opened)


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 40))
def test_the_listed_size_does_not_change_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, size: int, listed: int
) -> None:
    path = tmp_path_factory.mktemp("file") / "a"
    path.write_bytes(bytes(range(size)))
    buffer = memoryview(bytearray(21))  # the largest record has 20 bytes
    if size > 20:
        with pytest.raises(UnreadableError) as error:
            read_file(bytes(path), buffer, listed)
        assert error.value.reason == TOO_LARGE
    else:
        assert read_file(bytes(path), buffer, listed) == size
        assert bytes(buffer[:size]) == bytes(range(size))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 50))))
def test_a_stream_seeks_and_reads_like_a_file(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("file") / "a"
    path.write_bytes(bytes(range(100)))
    with Stream(open_local(bytes(path))) as stream, path.open("rb") as expected:
        for offset, size in steps:
            assert stream.seek(offset) == expected.seek(offset) == stream.tell()
            assert stream.read(size) == expected.read(size)
        assert stream.seek(-5, os.SEEK_END) == 95
        assert stream.seek(3, os.SEEK_CUR) == 98
        assert stream.readable()
        assert stream.seekable()


def test_errors_name_what_happened() -> None:
    assert too_large_error(2_000, 1_000).detail == "2,000 bytes or more, over the limit of 1,000"
    assert unreadable_error(OSError(5, "Input/output error")).detail == "Input/output error"
    assert unreadable_error(OSError("odd")).detail == "odd"
