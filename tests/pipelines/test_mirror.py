"""Each module of the stages, the corpus and the sources has a test file of its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("package", ["stages", "corpus", "sources"])
def test_every_module_has_a_test_file(package: str) -> None:
    assert untested(package) == set()
