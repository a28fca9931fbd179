"""The packages of `packages.txt`, each by name and version from its registry's own client.

| registry | client |
|---|---|
| debian | `apt-get source` of Debian 12, whose sources must be enabled (`Types: deb-src`) |
| npm | `npm pack` |
| pypi | `pip download` of the source distribution |
| maven | `mvn dependency:copy` of the -sources.jar; names are `group:artifact` |

They are read, never built or run: pip asks a package's build backend for its metadata even when it
only downloads, so stand-ins answer in the backends' place with what the archive says of itself.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from models.content_language.paths import HERE, PACKAGES

LIMIT = 600
"""Seconds that one download may take."""

_BACKENDS = (
    "flit_core.buildapi hatchling hatchling.build maturin mesonpy pdm.backend "
    "poetry.core.masonry.api scikit_build_core.build setuptools.build_meta"
)
_STAND_IN = """\
import pathlib
import sys

__legacy__ = sys.modules[__name__]  # what pip asks of a package without a pyproject.toml
build_wheel = build_sdist = get_requires_for_build_sdist = None  # never called


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    known = pathlib.Path("PKG-INFO").read_text("utf-8")
    head = known.split("\\n\\n")[0].split("\\n")
    fields = dict(line.split(": ", 1) for line in head if ": " in line)
    folder = f"{fields['Name'].replace('-', '_')}-{fields['Version']}.dist-info"
    pathlib.Path(metadata_directory, folder).mkdir()
    pathlib.Path(metadata_directory, folder, "METADATA").write_text(known, "utf-8")
    return folder
"""


class Package(NamedTuple):
    """One line of `packages.txt`."""

    registry: str
    name: str
    version: str

    @property
    def folder(self) -> Path:
        """Where its archives lie."""
        return PACKAGES / self.registry / f"{self.name.replace('/', '+')}-{self.version}"

    @property
    def archives(self) -> list[Path]:
        """Of Debian's, what the authors released, not what packaging adds."""
        found = sorted(self.folder.glob("*")) if self.folder.is_dir() else []
        tars = [p for p in found if p.suffix in {".gz", ".bz2", ".xz", ".tgz", ".zip", ".jar"}]
        released = [p for p in tars if ".orig" in p.name]
        return released or [p for p in tars if ".debian.tar" not in p.name]


def listed() -> Iterator[Package]:
    """The packages of the list, in order."""
    for line in (HERE / "packages.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield Package(*line.split())


def fetch() -> list[str]:
    """Download what is not there yet.

    Returns:
        What could not be had, all or in part, with the client's last words; training works
        without some.
    """
    missing = [package for package in listed() if not package.archives]
    with TemporaryDirectory() as folder, ThreadPoolExecutor(4) as pool:
        _stand_ins(Path(folder))
        results = pool.map(lambda package: _fetch(package, folder), missing)
        return [problem for problem in results if problem]


def _stand_ins(folder: Path) -> None:
    for name in _BACKENDS.split():
        module = folder.joinpath(*name.split("."))
        for package in (folder / part for part in module.relative_to(folder).parents):
            package.mkdir(parents=True, exist_ok=True)
            (package / "__init__.py").touch()
        target = module / "__init__.py" if module.is_dir() else module.with_suffix(".py")
        target.write_text(_STAND_IN)


def _fetch(package: Package, backends: str) -> str:
    package.folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            _command(package),
            cwd=package.folder,
            env=os.environ | ({"PYTHONPATH": backends} if package.registry == "pypi" else {}),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"{' '.join(package)}: not there after {LIMIT} s"
    if package.archives and done.returncode == 0:
        return ""
    part = "only in part: " if package.archives else ""
    return f"{' '.join(package)}: {part}{done.stderr.strip()[-300:]}"


def _command(package: Package) -> list[str]:
    registry, name, version = package
    if registry == "debian":
        options = ["--quiet=2", "--download-only", "--only-source", "--tar-only"]
        return ["apt-get", "source", *options, f"{name}={version}"]
    if registry == "npm":
        return ["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"]
    if registry == "maven":
        artifact = f"-Dartifact={name}:{version}:jar:sources"
        return ["mvn", "-q", "dependency:copy", artifact, "-DoutputDirectory=."]
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--use-pep517", "--dest=."]
    options.append("--ignore-requires-python")  # it is read, not run
    pin = f"{name}=={version}"
    return [sys.executable, "-m", "pip", "download", *options, "--no-binary=:all:", pin]


if __name__ == "__main__":
    print("\n".join(fetch()))
