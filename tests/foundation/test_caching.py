"""The cache folder, and atomic writes to it."""

import threading
from pathlib import Path

import pytest

from codecorpus.foundation.caching import user_cache, write_cache_file


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODECORPUS_CACHE", "/one")
    monkeypatch.setenv("XDG_CACHE_HOME", "/two")
    assert user_cache() == Path("/one")
    monkeypatch.delenv("CODECORPUS_CACHE")
    assert user_cache() == Path("/two/codecorpus")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert user_cache() == Path("/home/me/.cache/codecorpus")


def test_concurrent_readers_see_only_complete_files(tmp_path: Path) -> None:
    cached = tmp_path / "folder" / "file"
    content = bytes(1 << 20)

    def write() -> None:
        for _ in range(10):
            write_cache_file(cached, content)

    write()
    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert cached.read_bytes() == content
    for writer in writers:
        writer.join()
    assert [path.name for path in cached.parent.iterdir()] == ["file"]


def test_a_failed_write_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="file"):
        write_cache_file(tmp_path / "file", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
