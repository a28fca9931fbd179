"""The list of packages: what the clients are asked for, and what is read of what they bring."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.content_language import packages
from models.content_language.packages import Package, listed


def test_each_line_names_a_package_of_a_known_registry_once() -> None:
    found = list(listed())
    assert {package.registry for package in found} == {"debian", "maven", "npm", "pypi"}
    assert len({package[:2] for package in found}) == len(found)
    assert found == sorted(found)


def test_of_a_debian_source_the_authors_release_is_read(
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
    ("stderr", "said"),
    [
        ("", []),
        ("no such version", ["no such version"]),
        ("one of two", ["only in part: one of two"]),
        ("slow", ["not there after 600 s"]),
    ],
)
def test_what_cannot_be_had_is_said_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stderr: str, said: list[str]
) -> None:
    monkeypatch.setattr(packages, "PACKAGES", tmp_path)
    monkeypatch.setattr(packages, "listed", lambda: iter([Package("npm", "x", "1")]))
    monkeypatch.setattr(subprocess, "run", answering(stderr))
    assert packages.fetch() == [f"npm x 1: {text}" for text in said]
