"""Detection for single files, and files of the running Python."""

import sysconfig
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from codecorpus.filters.languages import detect

Language = Callable[[str, str], str | None]


@pytest.fixture
def language() -> Language:
    """Returns the language of a file with this path and text."""

    def run(path: str, text: str) -> str | None:
        paths, texts = pa.array([path]), pa.array([text], pa.large_string())
        found: str | None = detect(paths, texts)[0].as_py()
        return found

    return run


Headers = Callable[[Path], dict[str, str | None]]


@pytest.fixture
def headers() -> Headers:
    """Returns the languages of all headers in a folder, by path."""

    def run(folder: Path) -> dict[str, str | None]:
        files = sorted(folder.rglob("*.h"))
        texts = pa.array([f.read_text("utf-8", "replace") for f in files], pa.large_string())
        names = [str(f.relative_to(folder)) for f in files]
        return dict(zip(names, detect(pa.array(names), texts).to_pylist(), strict=True))

    return run


@pytest.fixture
def include() -> Path:
    """The folder of the running Python's headers."""
    return Path(sysconfig.get_paths()["include"])


@pytest.fixture
def standard_library() -> Path:
    """The folder of the running Python's standard library."""
    return Path(sysconfig.get_paths()["stdlib"])
