"""A build, and what reads it, need only the base dependencies."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipelines.conftest import write_recipe

OPTIONAL = ["datasets", "datasketch", "gcsfs", "hdfs_native", "moto", "pandas", "s3fs", "scipy"]


@pytest.mark.parametrize("command", ["build", "verify"])
def test_a_build_works_without_optional_packages(
    inputs: Path, built: Path, tmp_path: Path, command: str
) -> None:
    for name in OPTIONAL:  # shadows the installed package, in worker processes too
        message = f"No module named {name!r}"
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError({message!r})\n")
    arguments = {
        "build": [str(write_recipe(inputs)), "--out", str(tmp_path / "out"), "--workers", "1"],
        "verify": [str(built)],
    }[command]
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-m", "codecorpus", command, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert done.returncode == 0, done.stderr
