"""Paths of a recipe are resolved to files and folders of this machine."""

import sysconfig
from pathlib import Path

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.folder import FolderSettings
from codecorpus.pipelines.sources.paths import resolve_path, resolve_paths
from codecorpus.pipelines.storage.locations import Url


def resolved(base: Path, *paths: str) -> list[str]:
    found = resolve_paths(FolderSettings(paths=paths), base)
    return [Path(path).relative_to(base).as_posix() for path in found]


@pytest.fixture
def base(tmp_path: Path) -> Path:
    for name in ("b", "a", ".hidden", "c[1]", "c1", "data"):
        (tmp_path / name).mkdir()
    for name in ("data/two.zip", "data/one.zip", "data/.three.zip", "data/note.txt"):
        (tmp_path / name).touch()
    return tmp_path


def test_relative_paths_start_at_the_base_in_the_order_written(base: Path) -> None:
    assert resolved(base, "b", "./a") == ["b", "a"]


def test_absolute_paths_ignore_the_base(base: Path) -> None:
    source = FolderSettings(paths=(str(base / "a"),))
    assert resolve_paths(source, Path("/nowhere")) == [base / "a"]


def test_a_star_matches_any_part_of_a_name_and_matches_are_sorted(base: Path) -> None:
    assert resolved(base, "data/*.zip") == ["data/one.zip", "data/two.zip"]
    assert resolved(base, "*/o*.zip") == ["data/one.zip"]


def test_two_stars_do_not_match_across_folders(base: Path) -> None:
    with pytest.raises(UsageError, match="nothing matches"):
        resolved(base, "**.zip")


def test_other_wildcards_are_ordinary_characters(base: Path) -> None:
    assert resolved(base, "c[1]") == ["c[1]"]
    assert resolved(base, "*[1]") == ["c[1]"]
    with pytest.raises(UsageError, match="there is no such file or folder"):
        resolved(base, "c?")


def test_an_existing_name_with_a_star_is_used_as_written(base: Path) -> None:
    (base / "a*").mkdir()
    assert resolved(base, "a*") == ["a*"]


def test_a_path_given_in_several_ways_is_returned_once(base: Path) -> None:
    (base / "link").symlink_to(base / "a")
    assert resolved(base, "a", "./a/", "a/../a", "link", "b") == ["a", "b"]


def test_a_tilde_is_the_home_folder(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(base / "data"))
    source = FolderSettings(paths=("~/*.txt",))
    assert resolve_paths(source, Path("/nowhere")) == [base / "data" / "note.txt"]


def test_placeholders_are_folders_of_the_running_python(base: Path) -> None:
    folders = sysconfig.get_paths()
    source = FolderSettings(paths=("{stdlib}", "{stdlib}/json"))
    assert resolve_paths(source, base) == [
        Path(folders["stdlib"]),
        Path(folders["stdlib"]) / "json",
    ]


def test_site_packages_stands_for_both_of_its_folders(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {"purelib": str(base / "a"), "platlib": str(base / "b")}
    monkeypatch.setattr(sysconfig, "get_paths", lambda: folders)
    assert resolved(base, "{site-packages}") == ["a", "b"]


def test_braces_within_a_name_are_ordinary_characters(base: Path) -> None:
    (base / "{stdlib}x").mkdir()
    assert resolved(base, "{stdlib}x") == ["{stdlib}x"]


@pytest.mark.parametrize("path", ["gone", "gone/*.zip", "{stdlib}/gone"])
def test_a_path_without_matches_is_reported_with_its_source(base: Path, path: str) -> None:
    source = FolderSettings(name="mine", paths=("a", path))
    with pytest.raises(UsageError) as caught:
        resolve_paths(source, base)
    assert f"source `mine`: path `{path}`: " in str(caught.value)
    assert "looked for /" in str(caught.value)
    assert "--input" in str(caught.value)


def test_resolve_path_accepts_missing_files(base: Path) -> None:
    assert resolve_path("gone/x.csv", base) == base / "gone/x.csv"
    assert resolve_path("/gone", base) == Path("/gone")
    assert resolve_path("s3://bucket/x.csv", base) == Url("s3://bucket/x.csv")
