"""Fetch the packages of `packages.txt` by name and version, with each registry's own client.

| registry | client |
|---|---|
| debian | `apt-get source` of Debian 12, whose sources must be enabled (`Types: deb-src`) |
| npm | `npm pack` |
| pypi | `pip download` of the source distribution |
| maven | `mvn dependency:copy` of the -sources.jar; names are `group:artifact` |

Packages are read, never built or run. pip asks a package's build backend for metadata even when it
only downloads, so stand-ins for the backends return the metadata in the archive.
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
"""Timeout of a download, in seconds."""

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
        """The folder of its archives."""
        return PACKAGES / self.registry / f"{self.name.replace('/', '+')}-{self.version}"

    @property
    def archives(self) -> list[Path]:
        """Its archives; for Debian only the upstream release, without the packaging."""
        found = sorted(self.folder.glob("*")) if self.folder.is_dir() else []
        tars = [p for p in found if p.suffix in {".gz", ".bz2", ".xz", ".tgz", ".zip", ".jar"}]
        released = [p for p in tars if ".orig" in p.name]
        return released or [p for p in tars if ".debian.tar" not in p.name]


def read_list() -> Iterator[Package]:
    """The packages of `packages.txt`, in order."""
    for line in (HERE / "packages.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield Package(*line.split())


def fetch() -> list[str]:
    """Download the packages that are missing.

    Returns:
        A line for each package that could not be fetched, completely or in part, with the end of
        the client's error output; training works without some packages.
    """
    missing = [package for package in read_list() if not package.archives]
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
        return f"{' '.join(package)}: not fetched within {LIMIT} s"
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
    options.append("--ignore-requires-python")  # read, not run
    pin = f"{name}=={version}"
    return [sys.executable, "-m", "pip", "download", *options, "--no-binary=:all:", pin]


if __name__ == "__main__":
    print("\n".join(fetch()))
