"""Opens complete builds for reading."""

from typing import Any

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.layout import FORMAT, MANIFEST, PLAN
from codecorpus.pipelines.storage import open_folder
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Location


class NoBuildError(UsageError):
    """The folder holds no complete build."""


def open_build(path: Location) -> tuple[Folder, dict[str, Any]]:
    """The folder and manifest of a complete build.

    Raises:
        NoBuildError: there is no build, it is not complete, or its format is another one.
    """
    folder = open_folder(path)
    if not folder.exists(MANIFEST):
        if folder.exists(PLAN):
            raise NoBuildError(f"{path}: the build is not complete; run its build command again")
        raise NoBuildError(f"{path}: no build here; expected the folder given to build --out")
    manifest: dict[str, Any] = folder.read_json(MANIFEST)
    if manifest.get("format") != FORMAT:
        raise NoBuildError(
            f"{path}: the manifest has format {manifest.get('format')}, expected {FORMAT}; "
            "use the version of codecorpus that wrote it"
        )
    return folder, manifest
