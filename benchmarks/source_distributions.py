"""The pinned source distributions of `corpus.txt`, downloaded with pip and never built."""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.paths import ARCHIVES, HERE
from codecorpus.foundation.build_backends import stub_environment


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
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--use-pep517"]
    options += ["--no-binary=:all:", f"--dest={ARCHIVES}", f"--requirement={requirements}"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options],
        env=stub_environment(backends),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pip download of {requirements}: {done.stderr.strip()[-2000:]}")
