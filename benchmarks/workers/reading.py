"""Every file of a folder, of zip or tar.gz archives, of a crawl: ours, and Python's own modules.

The stripe's files are laid out beforehand, one folder or archive a repository, and lie in the
system's cache when the clock runs. Both sides end with all contents in memory.
"""

import hashlib
import io
import json
import os
import tarfile
import tempfile
import zipfile
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.worker import Job, Named, digest, serve


def codecorpus(options: dict[str, Any]) -> Job:
    """The sources `folder` and `github`, asked for the content of every file."""
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

    return Job(
        load=lambda files: lay_out(files, options),
        run=run,
        check=lambda columns: _check([text for column in columns for text in column.to_pylist()]),
    )


def python(options: dict[str, Any]) -> Job:
    """Python's open, zipfile and tarfile."""
    read = {"files": _files, "zip": _zip, "tar.gz": _tar, "crawl": _tar}[options["form"]]
    return Job(
        load=lambda files: lay_out(files, options), run=lambda _, folder: read(folder), check=_check
    )


def lay_out(files: list[Named], options: dict[str, Any]) -> Path:
    """Write the files as the benchmark asks; what an earlier process left is removed by `reading`.

    Returns:
        a folder with one folder, or one archive, a repository.
    """
    work = Path(options["work"])
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=work))
    write = WRITERS[options["form"]]
    for repository, members in groupby(sorted(files), lambda file: file[0].partition("/")[0]):
        write(folder / repository, [(name.partition("/")[2], text) for name, text in members])
    return folder


def _write_files(place: Path, members: list[Named]) -> None:
    for name, text in members:
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(text)


def _write_zip(place: Path, members: list[Named]) -> None:
    with zipfile.ZipFile(f"{place}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members:
            archive.writestr(name, text)


def _write_tar(place: Path, members: list[Named]) -> None:
    with tarfile.open(f"{place}.tar.gz", "w:gz", compresslevel=6) as archive:
        for name, text in members:
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text))


def _write_crawled(place: Path, members: list[Named]) -> None:
    """An archive as GitHub makes it, all in one folder, and its line in the crawl's list."""
    _write_tar(place, [(f"{place.name}-0123456/{name}", text) for name, text in members])
    line = {
        "repository": place.name,
        "archive": f"{place.name}.tar.gz",
        "stars": 1,
        "license": "mit",
        "unpacked_bytes": sum(len(text) for _, text in members),
    }
    with (place.parent / "repositories.jsonl").open("a") as listing:
        listing.write(json.dumps(line) + "\n")


WRITERS = {
    "files": _write_files,
    "zip": _write_zip,
    "tar.gz": _write_tar,
    "crawl": _write_crawled,
}


def _files(folder: Path) -> list[bytes]:
    found = []
    for place, _, names in os.walk(folder):
        for name in names:
            with open(f"{place}/{name}", "rb") as file:  # noqa: PTH123 - the fastest way
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


def _check(contents: list[bytes]) -> dict[str, Any]:
    summed = digest(*sorted(hashlib.sha1(text).digest() for text in contents))
    return {"contents": f"{len(contents)} files, {summed}"}


if __name__ == "__main__":
    serve({"codecorpus": codecorpus, "python": python})
