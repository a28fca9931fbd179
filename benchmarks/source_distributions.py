"""The pinned source distributions of `corpus.txt`, downloaded with pip and never built.

Even for a download, pip asks a package's build backend for metadata. A stub of the usual backends
answers with the metadata in the archive, so none of the package's code runs.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.paths import ARCHIVES, HERE

_BACKENDS = ("setuptools/build_meta", "hatchling/build", "flit_core/buildapi", "maturin/__init__")
_STUB = """\
import os
import shutil


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    with open("PKG-INFO", encoding="utf-8") as file:
        lines = [line.rstrip() for line in file]
    fields = dict(line.split(": ", 1) for line in lines if line.startswith(("Name: ", "Version: ")))
    name = fields["Name"].replace("-", "_") + "-" + fields["Version"] + ".dist-info"
    os.mkdir(os.path.join(metadata_directory, name))
    shutil.copy("PKG-INFO", os.path.join(metadata_directory, name, "METADATA"))
    return name
"""


def pins(text: str) -> list[str]:
    """The `name==version` of each line of a requirements file."""
    lines = (line.split("#")[0].split(" --hash")[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def archive_name(pin: str) -> str:
    """The file name of a source distribution (PEP 625)."""
    name, version = pin.split("==")
    return f"{name.replace('-', '_').lower()}-{version}.tar.gz"


def download() -> list[Path]:
    """The paths of the archives, downloaded if they are missing.

    Raises:
        RuntimeError: the download failed; the message has pip's errors.
    """
    requirements = HERE / "corpus.txt"
    archives = [ARCHIVES / archive_name(pin) for pin in pins(requirements.read_text("utf-8"))]
    if not all(path.exists() for path in archives):
        ARCHIVES.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            _download(requirements, Path(folder))
    return archives


def _download(requirements: Path, backends: Path) -> None:
    for backend in _BACKENDS:
        path = backends / f"{backend}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        (path.parent / "__init__.py").touch()
        path.write_text(_STUB)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--use-pep517"]
    options += ["--no-binary=:all:", f"--dest={ARCHIVES}", f"--requirement={requirements}"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options],
        env=os.environ | {"PYTHONPATH": str(backends)},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pip download of {requirements}: {done.stderr.strip()[-2000:]}")
