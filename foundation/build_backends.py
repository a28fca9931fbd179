"""Stub build backends, with which pip downloads source distributions without running their code.

Even for a download, pip asks a package's build backend for metadata. A stub in the backend's place
returns the metadata in the archive, so nothing is built, nothing else is downloaded, and the real
backend need not be installed.
"""

import os
from pathlib import Path

BACKENDS = (
    "flit_core.buildapi hatchling hatchling.build maturin mesonpy pdm.backend "
    "poetry.core.masonry.api scikit_build_core.build setuptools.build_meta"
)
_STUB = """\
import pathlib
import sys

__legacy__ = sys.modules[__name__]  # pip's backend for packages without a pyproject.toml
build_wheel = build_sdist = get_requires_for_build_sdist = None  # never called


def get_requires_for_build_wheel(config_settings=None):
    return []


def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
    known = pathlib.Path("PKG-INFO").read_text("utf-8")
    head = known.split("\\n\\n")[0].split("\\n")
    fields = dict(line.split(": ", 1) for line in head if ": " in line)
    folder = f"{fields['Name'].replace('-', '_')}-{fields['Version']}.dist-info"
    pathlib.Path(metadata_directory, folder).mkdir()
    pathlib.Path(metadata_directory, folder, "METADATA").write_text(known, "utf-8")
    return folder
"""


def stub_environment(folder: Path) -> dict[str, str]:
    """Write the stubs into a folder; returns this process's environment with the stubs first.

    For `pip download --no-build-isolation`.
    """
    for name in BACKENDS.split():
        module = folder.joinpath(*name.split("."), "__init__.py")
        module.parent.mkdir(parents=True, exist_ok=True)
        for package in module.relative_to(folder).parents:
            (folder / package / "__init__.py").touch()
        module.write_text(_STUB)
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
