"""Where things are kept."""

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


def test_whoever_reads_while_others_write_reads_whole_files(tmp_path: Path) -> None:
    kept = tmp_path / "folder" / "file"
    content = bytes(1 << 20)

    def write() -> None:
        for _ in range(10):
            write_cache_file(kept, content)

    write()
    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert kept.read_bytes() == content
    for writer in writers:
        writer.join()
    assert [path.name for path in kept.parent.iterdir()] == ["file"]


def test_what_cannot_be_kept_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(OSError, match="file"):
        write_cache_file(tmp_path / "file", b"content")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
