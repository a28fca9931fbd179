"""Each module of the stages, the corpus and the sources has a test file of its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

UNTESTED = frozenset(
    {
        "sources/archives/archive.py",
        "sources/archives/decompression.py",
        "sources/archives/reader.py",
        "sources/archives/splits.py",
        "sources/archives/stream_buffer.py",
        "sources/archives/tar_archive.py",
        "sources/archives/tar_fields.py",
        "sources/archives/tar_headers.py",
        "sources/archives/zip_archive.py",
        "sources/archives/zip_directory.py",
        "sources/base.py",
        "sources/dataset_files.py",
        "sources/folder/inputs.py",
        "sources/folder/loose_files.py",
        "sources/folder/metadata.py",
        "sources/io/__init__.py",
        "sources/io/file_stat.py",
        "sources/io/local.py",
        "sources/io/remote.py",
        "sources/jsonl/decompression.py",
        "sources/map_inputs.py",
        "sources/parquet.py",
        "sources/records.py",
    }
)
"""Modules of the sources without a test file; the list may only shrink."""


def path_of_test(module: Path) -> Path:
    """Where the test of a module is; of a package, it is named after the package."""
    folder = ROOT / "tests" / module.relative_to(ROOT).parent
    name = module.parent.name if module.name == "__init__.py" else module.stem
    return folder / f"test_{name}.py"


def has_code(module: Path) -> bool:
    """Whether a module holds more than a docstring."""
    return len(ast.parse(module.read_text("utf-8")).body) > 1


def untested(package: str) -> set[str]:
    modules = (ROOT / "pipelines" / package).rglob("*.py")
    return {
        module.relative_to(ROOT / "pipelines").as_posix()
        for module in modules
        if has_code(module) and not path_of_test(module).exists()
    }


@pytest.mark.parametrize("package", ["stages", "corpus"])
def test_every_module_has_a_test_file(package: str) -> None:
    assert untested(package) == set()


def test_the_modules_of_the_sources_without_a_test_file_are_listed() -> None:
    assert untested("sources") == UNTESTED
