"""The output has the same bytes, however the work is done."""

import os
import random
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


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_parts_in_another_order_give_the_same_digest(
    inputs: Path, built: Path, build: Build, digest: Digest, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    out = build(inputs, tmp_path / "out", order=lambda tasks: chance.sample(tasks, len(tasks)))
    assert digest(out) == digest(built)


@pytest.mark.parametrize("workers", [1, 2, pytest.param(8, marks=pytest.mark.slow)])
def test_workers_and_surroundings_do_not_matter(
    inputs: Path,
    built: Path,
    recipe_file: Callable[..., Path],
    digest: Digest,
    tmp_path: Path,
    workers: int,
) -> None:
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}  # names are ASCII then
    surroundings = {
        "PYTHONHASHSEED": str(workers),
        "TZ": "Asia/Kathmandu" if workers == 1 else "America/St_Johns",
        **(plain if workers == 1 else {"LC_ALL": "C.UTF-8"}),
    }
    command = [sys.executable, "-m", "codecorpus", "build", str(recipe_file(inputs))]
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
