"""Reading all files of a folder, of zip or tar.gz archives, or of a crawl.

The files are written before the measurement, in one folder or archive per repository, and are in
the page cache. Both sides end with all contents in memory.
"""

# Functions import their own packages: a peer's environment has no others.

import io
import json
import os
import tarfile
import tempfile
import zipfile
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.harness import Implementation, NamedFile, check_contents, run_implementation


def codecorpus(options: dict[str, Any]) -> Implementation:
    """The sources `folder` and `github`, reading the content of every file."""
    import numpy as np

    from codecorpus.pipelines.sources.base import Limits
    from codecorpus.pipelines.sources.folder import FolderSource
    from codecorpus.pipelines.sources.github import GithubSource

    def run(_: object, folder: Path) -> list[Any]:
        crawled = options["form"] == "crawl"
        source = (
            GithubSource([folder]) if crawled else FolderSource([folder], repositories="children")
        )
        return [
            batch["content"]
            for part in source.plan(32 << 20)
            for batch in source.read(part, lambda rows: np.ones(rows.num_rows, bool), Limits())
        ]

    return Implementation(
        load=lambda files: write_inputs(files, options),
        run=run,
        check=lambda columns: check_contents(
            [text for column in columns for text in column.to_pylist()]
        ),
    )


def python(options: dict[str, Any]) -> Implementation:
    """Python's open, zipfile and tarfile."""
    read = {"files": _files, "zip": _zip, "tar.gz": _tar, "crawl": _tar}[options["form"]]
    return Implementation(
        load=lambda files: write_inputs(files, options),
        run=lambda _, folder: read(folder),
        check=check_contents,
    )


def write_inputs(files: list[NamedFile], options: dict[str, Any]) -> Path:
    """Write the files in the form that the options name; `benchmarks.reading` deletes them.

    Returns:
        A folder with one folder, or one archive, per repository.
    """
    work = Path(options["work"])
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=work))
    write = WRITERS[options["form"]]
    for repository, members in groupby(sorted(files), lambda file: file[0].partition("/")[0]):
        write(folder / repository, [(name.partition("/")[2], text) for name, text in members])
    return folder


def _write_files(path: Path, members: list[NamedFile]) -> None:
    for name, text in members:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(text)


def _write_zip(path: Path, members: list[NamedFile]) -> None:
    with zipfile.ZipFile(f"{path}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)


def _write_tar(path: Path, members: list[NamedFile]) -> None:
    with tarfile.open(f"{path}.tar.gz", "w:gz", compresslevel=6) as archive:
        for name, text in members:
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))


def _write_crawled(path: Path, members: list[NamedFile]) -> None:
    """An archive like GitHub's, with one top folder, and its line in the crawl's list."""
    _write_tar(path, [(f"{path.name}-0123456/{name}", text) for name, text in members])
    line = {
        "repository": path.name,
        "archive": f"{path.name}.tar.gz",
        "stars": 1,
        "license": "mit",
        "unpacked_bytes": sum(len(text) for _, text in members),
    }
    with (path.parent / "repositories.jsonl").open("a") as listing:
        listing.write(json.dumps(line) + "\n")


WRITERS = {
    "files": _write_files,
    "zip": _write_zip,
    "tar.gz": _write_tar,
    "crawl": _write_crawled,
}


def _files(folder: Path) -> list[bytes]:
    found = []
    for path, _, names in os.walk(folder):
        for name in names:
            with open(f"{path}/{name}", "rb") as file:  # noqa: PTH123 - the fastest way
                found.append(file.read())
    return found


def _zip(folder: Path) -> list[bytes]:
    found = []
    for path in folder.iterdir():
        with zipfile.ZipFile(path) as archive:
            found += [archive.read(member) for member in archive.infolist()]
    return found


def _tar(folder: Path) -> list[bytes]:
    found = []
    for path in folder.glob("*.tar.gz"):
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                file = archive.extractfile(member)
                assert file is not None
                found.append(file.read())
    return found


if __name__ == "__main__":
    run_implementation({"codecorpus": codecorpus, "python": python})
