import os
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from codecorpus.pipelines.sources.io.local import NOT_REGULAR, open_folder
from codecorpus.pipelines.sources.io.walk import walk

Write = Callable[[Mapping[str, bytes]], Path]


def paths(root: Path) -> list[bytes]:
    return [entry.path for entry in walk(os.fsencode(root))]


def test_the_order_is_bytewise_by_whole_path(write: Write) -> None:
    names = ["a/b", "a.txt", "a0", "a", "B", "é", "a-/c", "z/é", "z/f"]
    root = write({name: b"" for name in names if name != "a"})
    found = paths(root)
    assert found == sorted(found)
    assert len(found) == len(names) - 1


def test_the_order_does_not_follow_the_file_system(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({f"{name}/{name}{file}": b"" for name in "abc" for file in "xyz"})
    expected = paths(root)
    original = os.scandir

    class Reversed:
        def __init__(self, folder: int) -> None:
            self._entries = original(folder)

        def __enter__(self) -> Iterator[os.DirEntry[str]]:
            return iter(list(self._entries)[::-1])

        def __exit__(self, *_: object) -> None:
            self._entries.close()

    monkeypatch.setattr(os, "scandir", Reversed)
    assert paths(root) == expected
    assert len(expected) == 9


def test_sizes_and_stamps_are_the_files(write: Write) -> None:
    root = write({"a.py": b"12345"})
    os.utime(root / "a.py", ns=(1, 1_234_567_890_123_456_789))
    (entry,) = walk(os.fsencode(root))
    assert (entry.size, entry.stamp) == (5, 1_234_567_890_123_456_789)


def test_links_are_passed_over_and_loops_end(write: Write) -> None:
    root = write({"a/b.py": b""})
    (root / "a" / "loop").symlink_to(root)
    (root / "a" / "link.py").symlink_to("b.py")
    (root / "dangling").symlink_to("nowhere")
    (root / "self").symlink_to("self")
    assert paths(root) == [b"a/b.py"]


def test_version_control_and_caches_are_left_out(write: Write) -> None:
    hidden = [".git/config", "a/.hg/x", "a/.svn/x", "a/b/__pycache__/c.pyc"]
    root = write(dict.fromkeys([*hidden, "a/.gitignore", ".github/w.yml"], b""))
    (root / "sub").mkdir()
    (root / "sub" / ".git").write_text("gitdir: elsewhere")  # of a work tree, a file
    assert paths(root) == [b".github/w.yml", b"a/.gitignore"]


def test_what_is_no_file_is_listed_as_such(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write({"a.py": b""})
    os.mkfifo(root / "fifo")
    monkeypatch.chdir(root)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    assert [(entry.path, entry.error) for entry in walk(os.fsencode(root))] == [
        (b"a.py", None),
        (b"fifo", NOT_REGULAR),
        (b"socket", NOT_REGULAR),
    ]


def test_a_folder_that_cannot_be_listed_is_named(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.py": b"", "closed/b.py": b"", "d.py": b""})

    def guarded(location: bytes) -> int:
        if location.endswith(b"closed"):
            raise PermissionError(13, "Permission denied")
        return open_folder(location)

    monkeypatch.setattr("codecorpus.pipelines.sources.io.walk.open_folder", guarded)
    assert [(entry.path, entry.error) for entry in walk(os.fsencode(root))] == [
        (b"a.py", None),
        (b"closed", "folder: Permission denied"),
        (b"d.py", None),
    ]


def test_few_descriptors_are_open_however_deep_the_tree(tmp_path: Path) -> None:
    depth = 1_050  # deeper than Python recurses, and than descriptors are allowed by default
    (tmp_path / "stays").touch()
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=folder)
        deeper = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = deeper
    os.close(os.open("f.py", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    try:
        assert paths(tmp_path) == [b"d/" * depth + b"f.py", b"stays"]
    finally:  # as nothing that recurses could
        deepest = tmp_path.joinpath(*["d"] * depth)
        (deepest / "f.py").unlink()
        os.removedirs(deepest)
