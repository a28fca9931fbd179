"""The list of packages, their archives, and the messages of failed downloads."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.content_language import packages
from models.content_language.packages import Package, read_list


def test_each_line_names_a_package_of_a_known_registry_once() -> None:
    found = list(read_list())
    assert {package.registry for package in found} == {"debian", "maven", "npm", "pypi"}
    assert len({package[:2] for package in found}) == len(found)
    assert found == sorted(found)


def test_only_the_upstream_release_of_a_debian_source_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "PACKAGES", tmp_path)
    package = Package("debian", "sed", "4.9-1")
    package.folder.mkdir(parents=True)
    for name in ("sed_4.9-1.dsc", "sed_4.9.orig.tar.xz", "sed_4.9-1.debian.tar.xz"):
        (package.folder / name).touch()
    assert [path.name for path in package.archives] == ["sed_4.9.orig.tar.xz"]


def answering(stderr: str) -> Callable[..., Any]:
    def run(*_: object, **options: Any) -> subprocess.CompletedProcess[str]:
        if stderr == "slow":
            raise subprocess.TimeoutExpired("client", options["timeout"])
        if stderr in {"", "one of two"}:
            Path(options["cwd"], "x-1.tgz").touch()
        return subprocess.CompletedProcess("client", int(bool(stderr)), "", stderr)

    return run


@pytest.mark.parametrize(
    ("stderr", "messages"),
    [
        ("", []),
        ("no such version", ["no such version"]),
        ("one of two", ["only in part: one of two"]),
        ("slow", ["not fetched within 600 s"]),
    ],
)
def test_failed_downloads_are_reported_and_do_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stderr: str, messages: list[str]
) -> None:
    monkeypatch.setattr(packages, "PACKAGES", tmp_path)
    monkeypatch.setattr(packages, "read_list", lambda: iter([Package("npm", "x", "1")]))
    monkeypatch.setattr(subprocess, "run", answering(stderr))
    assert packages.fetch() == [f"npm x 1: {text}" for text in messages]
