"""The code version changes with every shipped file."""

from pathlib import Path

import pytest

import codecorpus.pipelines.stages.code_version
from codecorpus.pipelines.stages.code_version import PACKAGES, code_version

ROOT = Path(__file__).parents[3]


def test_every_file_that_is_shipped_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Weights and tables change results as modules do."""
    files = [
        path.relative_to(ROOT)
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    versions = {code_version()}
    names = {path.suffix: path for path in files}
    for package in PACKAGES:
        (tmp_path / package).mkdir()
    monkeypatch.setattr(
        codecorpus.pipelines.stages.code_version,
        "__file__",
        str(tmp_path / "pipelines" / "stages" / "code_version.py"),
    )
    for name in names.values():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
        code_version.cache_clear()
        versions.add(code_version())
    code_version.cache_clear()
    assert len(versions) == 1 + len(names)
