import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.folder.repositories import Repositories, find_repositories

Write = Callable[..., Path]


def names(paths: list[Path], repositories: Repositories = "auto") -> list[str]:
    return [repository.name for repository in find_repositories(paths, repositories)]


def test_children_are_folders_archives_and_the_loose_files_together(write: Write) -> None:
    root = write({"b/x.py": b"", "a/x.py": b"", "c.tar.gz": b"", "d.WHL": b"", "e.py": b""})
    assert names([root], "children") == ["a", "b", "c", "d", "in"]


def test_hidden_folders_are_children_except_those_of_version_control(write: Write) -> None:
    root = write({".github/x.py": b"", ".git/x.py": b"", "__pycache__/x.py": b"", "a/x.py": b""})
    assert names([root], "children") == [".github", "a"]


def test_loose_files_clash_with_a_child_of_their_name(write: Write) -> None:
    old = write({"new/x.py": b""}, "old")
    new = write({"x.py": b""}, "new")
    assert names([old, new], "children") == ["old/new", "new/new"]


def test_self_is_one_repository_and_archives_in_it_are_files(write: Write) -> None:
    root = write({"a/x.py": b"", "c.tar.gz": b""})
    (repository,) = find_repositories([root], "self")
    assert repository.name == "in"
    assert [entry.path for entry in repository.entries()] == [b"a/x.py", b"c.tar.gz"]


@pytest.mark.parametrize(("extra", "expected"), [({".git/HEAD": b""}, ["in"]), ({}, ["a", "b"])])
def test_auto_depends_on_a_git_folder(
    write: Write, extra: Mapping[str, bytes], expected: list[str]
) -> None:
    assert names([write({"a/x.py": b"", "b/x.py": b"", **extra})]) == expected


def test_a_listed_archive_is_named_without_its_suffix(write: Write) -> None:
    root = write({"foo-1.0.tar.gz": b"", "bar.zip": b""})
    assert names([root / "foo-1.0.tar.gz", root / "bar.zip"]) == ["foo-1.0", "bar"]


def test_an_empty_folder_has_no_repository(write: Write) -> None:
    assert names([write({})], "children") == []


def test_a_listed_link_is_followed_and_keeps_its_name(write: Write, tmp_path: Path) -> None:
    root = write({"a/x.py": b""})
    (tmp_path / "alias").symlink_to(root)
    assert names([tmp_path / "alias"], "self") == ["alias"]
    assert names([tmp_path / "alias"], "children") == ["a"]


def test_a_relative_path_is_named_after_its_folder(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(write({"x.py": b""}))
    assert names([Path()], "self") == ["in"]


def test_clashing_names_are_prefixed_with_the_listed_folder(write: Write) -> None:
    old = write({"foo/x.py": b"", "bar/x.py": b""}, "old")
    new = write({"foo/x.py": b""}, "new")
    assert names([old, new], "children") == ["bar", "old/foo", "new/foo"]


def test_clashing_listed_repositories_are_prefixed_with_their_parent_folder(write: Write) -> None:
    root = write({"a/foo/x.py": b"", "b/foo.zip": b""})
    assert names([root / "a" / "foo", root / "b" / "foo.zip"], "self") == ["a/foo", "b/foo"]


def test_names_that_still_clash_are_refused_naming_both(write: Write) -> None:
    one = write({"same/foo/x.py": b""}, "one") / "same"
    two = write({"same/foo/x.py": b""}, "two") / "same"
    with pytest.raises(UsageError, match="same/foo") as caught:
        names([one, two], "children")
    assert str(one / "foo") in str(caught.value)
    assert str(two / "foo") in str(caught.value)


def test_one_folder_listed_twice_is_refused(write: Write) -> None:
    root = write({"foo/x.py": b""})
    with pytest.raises(UsageError, match="two repositories"):
        names([root, root], "children")


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        names([tmp_path / "nowhere"])


def test_a_file_that_is_not_an_archive_is_refused(write: Write) -> None:
    with pytest.raises(UsageError, match="neither a folder nor an archive"):
        names([write({"a.py": b""}) / "a.py"])


def test_a_fifo_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.zip")
    with pytest.raises(UsageError, match="neither a folder nor an archive"):
        names([tmp_path / "a.zip"])
