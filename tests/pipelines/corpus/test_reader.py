"""A build is opened only when it is complete and in the format of this version."""

import re
from pathlib import Path

import pytest

from codecorpus.pipelines.corpus.layout import FORMAT, MANIFEST, PLAN
from codecorpus.pipelines.corpus.reader import NoBuildError, open_build
from codecorpus.pipelines.storage.folder import Folder


def test_a_complete_build_opens_with_its_manifest(tmp_path: Path) -> None:
    manifest = {"format": FORMAT, "name": "small"}
    Folder(tmp_path).write_json(MANIFEST, manifest)
    folder, found = open_build(tmp_path)
    assert (folder.root, found) == (tmp_path, manifest)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no build here; expected the folder given to build --out"),
        ({PLAN: {}}, "the build is not complete; run its build command again"),
        ({MANIFEST: {"format": FORMAT + 1}}, f"format {FORMAT + 1}, expected {FORMAT}; use the"),
        ({MANIFEST: {}}, f"format None, expected {FORMAT}"),
    ],
)
def test_anything_else_is_refused(
    tmp_path: Path, files: dict[str, dict[str, int]], message: str
) -> None:
    for name, value in files.items():
        Folder(tmp_path).write_json(name, value)
    with pytest.raises(NoBuildError, match=f"^{re.escape(str(tmp_path))}: .*{re.escape(message)}"):
        open_build(tmp_path)
