"""Fetch the packages of `packages.txt` by name and version, with each registry's own client.

| registry | client |
|---|---|
| debian | `apt-get source` of Debian 12, whose sources must be enabled (`Types: deb-src`) |
| npm | `npm pack` |
| pypi | `pip download` of the source distribution |
| maven | `mvn dependency:copy` of the -sources.jar; names are `group:artifact` |

Packages are read, never built or run (for pip see `foundation.build_backends`).
"""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from codecorpus.foundation.build_backends import stub_environment
from models.content_language.paths import HERE, PACKAGES

LIMIT = 600
"""Timeout of a download, in seconds."""


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
        environment = stub_environment(Path(folder))
        results = pool.map(lambda package: _fetch(package, environment), missing)
        return [problem for problem in results if problem]


def _fetch(package: Package, environment: dict[str, str]) -> str:
    package.folder.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            _command(package),
            cwd=package.folder,
            env=environment if package.registry == "pypi" else None,
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
