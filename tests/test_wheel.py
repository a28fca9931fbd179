"""The wheel adds one name to an environment, and no folder of the user's gets in its way."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("filters", "foundation", "pipelines", "recipes", "tokenization", "training")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder of packages, with the wheel installed into it."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run([*pip, *build], check=True)
    (wheel,) = folder.glob("*.whl")
    target = folder / "site-packages"
    subprocess.run([*pip, "install", "--no-deps", "--target", str(target), str(wheel)], check=True)
    return target


def test_it_adds_one_top_level_name(installed: Path) -> None:
    names = {path.name for path in installed.iterdir() if path.suffix != ".dist-info"}
    assert names == {"bin", "codecorpus"}


def test_it_holds_the_recipes_and_every_data_file(installed: Path) -> None:
    shipped = {path.relative_to(installed) for path in installed.rglob("*") if path.is_file()}
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert Path("codecorpus", path.relative_to(ROOT)) in shipped


@pytest.fixture
def with_folders(installed: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of a command in a folder whose packages have the names of ours."""
    for name in FOLDERS:
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"raise ImportError('{name} of the user')\n")
    return os.environ | {"PYTHONPATH": f"{installed}{os.pathsep}{tmp_path}"}


def test_folders_of_the_user_change_no_import(with_folders: dict[str, str], tmp_path: Path) -> None:
    code = (
        "import importlib, pkgutil, codecorpus\n"
        "for found in pkgutil.walk_packages(codecorpus.__path__, 'codecorpus.'):\n"
        "    if found.name.startswith('codecorpus.training.'):  # needs torch\n"
        "        continue\n"
        "    found.name.endswith('__main__') or importlib.import_module(found.name)\n"
        "    print(found.name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=with_folders,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "codecorpus.pipelines.stages.order" in done.stdout.split(), done.stderr
    assert done.returncode == 0, done.stderr


@pytest.mark.slow  # kernels are compiled anew for another folder
def test_folders_of_the_user_change_no_build(with_folders: dict[str, str], tmp_path: Path) -> None:
    repository = tmp_path / "src" / "repository"
    repository.mkdir(parents=True)
    (repository / "code.py").write_text("def f(value):\n    return value + 1\n" * 100)
    (tmp_path / "r.yaml").write_text("name: r\nsources: [{type: folder, paths: [src]}]\n")
    command = [sys.executable, "-m", "codecorpus", "build", "r.yaml", "--out", "out"]
    done = subprocess.run(
        [*command, "--workers", "2"],
        cwd=tmp_path,
        env=with_folders,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "kept" in done.stdout


def test_its_command_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    code = "import codecorpus, sys; print(codecorpus.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(done.stdout.strip()).is_relative_to(installed)
    script = (installed / "bin" / "codecorpus").read_text()
    assert "from codecorpus.pipelines.cli import main" in script
