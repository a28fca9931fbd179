"""Modules of the foundation load only the libraries that they need."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("module", "libraries"),
    [
        ("codecorpus.foundation.errors", ["pydantic", "yaml", "numba", "pyarrow"]),
        ("codecorpus.foundation.config_files.loader", ["numba", "numpy", "pyarrow"]),
    ],
)
def test_a_module_does_not_load_other_libraries(module: str, libraries: list[str]) -> None:
    code = f"import {module}, sys; print([name for name in {libraries} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
