"""The same bytes, however the work is done."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Build = Callable[..., Path]
Digest = Callable[[Path], str]


def test_another_folder_gives_the_same_digest(
    inputs: Path, built: Path, build: Build, digest: Digest, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere"
    shutil.copytree(inputs, moved)
    assert digest(build(moved, tmp_path / "out")) == digest(built)


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_and_surroundings_do_not_matter(
    inputs: Path,
    built: Path,
    recipe_file: Callable[..., Path],
    digest: Digest,
    tmp_path: Path,
    workers: int,
) -> None:
    surroundings = {
        "PYTHONHASHSEED": str(workers),
        "TZ": ["Asia/Kathmandu", "America/St_Johns"][workers - 1],
        "LC_ALL": ["C", "C.UTF-8"][workers - 1],
    }
    command = [sys.executable, "-m", "pipelines", "build", str(recipe_file(inputs))]
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out"), "--workers", str(workers)],
        env=os.environ | surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "quiet when nobody watches"
    assert "kept" in done.stdout
    assert digest(tmp_path / "out") == digest(built)


@pytest.mark.parametrize("packing", ["pad", "concat", "best_fit"])
def test_each_packing_decodes_and_repeats(
    inputs: Path,
    build: Build,
    digest: Digest,
    verify: Callable[[Path], None],
    tmp_path: Path,
    packing: str,
) -> None:
    changes: dict[str, Any] = {"encode": {"sequence_length": 256, "packing": packing}}
    first = build(inputs, tmp_path / "first", changes=changes)
    verify(first)
    assert digest(build(inputs, tmp_path / "second", changes=changes)) == digest(first)


def test_without_deduplication_copies_stay_and_decode(
    inputs: Path, build: Build, verify: Callable[[Path], None], tmp_path: Path
) -> None:
    out = build(inputs, tmp_path / "out", changes={"deduplicate": {"exact": False, "near": False}})
    verify(out)


def test_near_without_exact_finds_the_copies(
    inputs: Path, build: Build, verify: Callable[[Path], None], tmp_path: Path
) -> None:
    out = build(inputs, tmp_path / "out", changes={"deduplicate": {"exact": False}})
    verify(out)
