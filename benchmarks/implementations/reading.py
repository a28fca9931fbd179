"""Reading all files of a folder, of archives or of a crawl, or all records of a data set.

The files are written before the measurement and are in the page cache: in one folder or archive per
repository; or as one jsonl.zst, jsonl.gz or parquet in the format of The Pile, codeparrot-clean or
github-code. All sides end with all contents in memory, and with repository, path, language and
licence where the data set has them.
"""

# Functions import their own packages: a peer's environment has no others.

import gzip
import io
import json
import os
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

from benchmarks.harness import (
    Implementation,
    NamedFile,
    Untyped,
    check_contents,
    run_implementation,
)

COLUMNS = ["code", "repo_name", "path", "language", "license"]


def codecorpus(options: dict[str, Any]) -> Implementation:
    """The build's source for this form, reading the content of every record."""
    import numpy as np

    from codecorpus.pipelines.sources.base import Limits
    from codecorpus.pipelines.sources.codeparrot import CodeparrotSource
    from codecorpus.pipelines.sources.folder import FolderSource
    from codecorpus.pipelines.sources.github import GithubSource
    from codecorpus.pipelines.sources.pile import PileSource

    sources: dict[str, Callable[[list[Path]], Untyped]] = {
        "crawl": GithubSource,
        "jsonl.zst": PileSource,
        "jsonl.gz": CodeparrotSource,
        "parquet": CodeparrotSource,
    }
    make = sources.get(options["form"], partial(FolderSource, repositories="children"))

    def run(_: object, path: Path) -> list[Any]:
        source = make([path])
        return [
            batch
            for part in source.plan(32 << 20)
            for batch in source.read(part, lambda rows: np.ones(rows.num_rows, bool), Limits())
        ]

    return Implementation(
        load=lambda files: write_inputs(files, options),
        run=run,
        check=lambda batches: check_contents(
            [text for batch in batches for text in batch["content"].to_pylist()]
        ),
    )


def python(options: dict[str, Any]) -> Implementation:
    """Python's open, zipfile, tarfile and json, or pyarrow with the same columns on one thread."""
    form = options["form"]
    load = partial(write_inputs, options=options)
    if form == "parquet":
        import pyarrow.parquet as pq

        return Implementation(
            load=load,
            run=lambda _, path: pq.read_table(path, columns=COLUMNS, use_threads=False),
            check=lambda table: _check_texts(table["code"].to_pylist()),
        )
    if form in LINES:
        return Implementation(
            load=load,
            run=lambda _, path: _records(path),
            check=lambda answer: _check_texts(answer[0]),
        )
    read = {"files": _files, "zip": _zip, "tar.gz": _tar, "crawl": _tar}[form]
    return Implementation(load=load, run=lambda _, folder: read(folder), check=check_contents)


def datatrove(options: dict[str, Any]) -> Implementation:
    """Datatrove's readers, which create an object for each record."""
    from datatrove.pipeline.readers import (  # type: ignore[import-not-found]
        JsonlReader,
        ParquetReader,
    )

    def run(_: object, path: Path) -> list[Untyped]:
        reader: Untyped
        if options["form"] == "parquet":
            reader = ParquetReader(str(path.parent), text_key="code")
        else:
            reader = JsonlReader(str(path.parent), text_key=_text_key(path))
        return list(reader.run(rank=0, world_size=1))

    return Implementation(
        load=lambda files: write_inputs(files, options),
        run=run,
        check=lambda documents: _check_texts([each.text for each in documents]),
    )


def _check_texts(texts: list[str]) -> dict[str, Any]:
    return check_contents([text.encode() for text in texts])


def write_inputs(files: list[NamedFile], options: dict[str, Any]) -> Path:
    """Write the files in the form that the options name.

    Returns:
        A data set of one file, or a folder with one folder or archive per repository.
    """
    work, form = Path(options["work"]), options["form"]
    work.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=work))
    if form == "parquet" or form in LINES:
        path = folder / f"set.{form}"
        (_write_parquet if form == "parquet" else _write_lines)(path, files)
        return path
    write = WRITERS[form]
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


def _write_lines(path: Path, files: list[NamedFile]) -> None:
    import pyarrow as pa

    line = LINES[path.name.removeprefix("set.")]
    codec = "zstd" if path.suffix == ".zst" else "gzip"
    with pa.output_stream(path, compression=codec) as file:
        for named in files:
            file.write(json.dumps(line(*named)).encode() + b"\n")


def _pile_line(_name: str, text: bytes) -> dict[str, Any]:
    return {"text": text.decode(), "meta": {"pile_set_name": "Github"}}


def _clean_line(name: str, text: bytes) -> dict[str, Any]:
    repository, _, path = name.partition("/")
    return {
        "repo_name": repository,
        "path": path,
        "copies": "1",
        "size": str(len(text)),
        "content": text.decode(),
        "license": "mit",
        "hash": -77,
        "line_mean": 30.5,
        "line_max": 79,
        "alpha_frac": 0.6,
        "autogenerated": False,
    }


LINES = {"jsonl.zst": _pile_line, "jsonl.gz": _clean_line}


def _write_parquet(path: Path, files: list[NamedFile]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = [name.partition("/") for name, _ in files]
    columns = [
        [text.decode() for _, text in files],
        [name[0] for name in names],
        [name[2] for name in names],
        ["Python"] * len(files),
        ["mit"] * len(files),
    ]
    table = pa.table(dict(zip(COLUMNS, columns, strict=True)))
    pq.write_table(table, path, row_group_size=1_000)


def _text_key(path: Path) -> str:
    return "text" if path.suffix == ".zst" else "content"


def _records(path: Path) -> list[list[Any]]:
    key = _text_key(path)
    keys = [] if key == "text" else ["repo_name", "path", "license"]
    texts, facts = [], []
    for line in _open(path):
        row = json.loads(line)
        if key == "text" and row["meta"]["pile_set_name"] != "Github":
            continue
        texts.append(row[key])
        facts.append([row.get(name) for name in keys])
    return [texts, facts]


def _open(path: Path) -> Iterator[bytes]:
    if path.suffix == ".gz":
        with gzip.open(path) as file:
            yield from file
        return
    import zstandard

    with path.open("rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw) as stream:
        yield from io.BufferedReader(stream, 1 << 20)


if __name__ == "__main__":
    run_implementation({"codecorpus": codecorpus, "python": python, "datatrove": datatrove})
