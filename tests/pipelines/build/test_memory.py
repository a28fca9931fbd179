"""A worker holds less than 1 GB, however large the input is, compressed or not."""

import functools
import gzip
import json
import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

MOST = 1_000_000_000
"""Maximum memory of a worker in bytes."""

STDLIB = Path(sysconfig.get_paths()["stdlib"])
HUGE = 1 << 30
"""Size of a record that is too large, in bytes."""

LARGE = 60 << 20


NAMES = ("json/decoder.py", "argparse.py", "ast.py", "html/parser.py", "tarfile.py")


@functools.cache
def body(name: str, size: int) -> bytes:
    """The source of a module, repeated to about the given number of bytes."""
    source = (STDLIB / name).read_bytes()
    return source * max(size // len(source), 1)


def files(total: int) -> Iterator[tuple[str, int]]:
    """Module and size of the bodies of files that hold so many bytes in all.

    Most bytes are in files of 2 MB, which rules drop but everything is measured of, some in files
    that are kept, and once in a while one is nearly as large as a record may be.
    """
    written = number = 0
    while written < total:
        name = NAMES[number % len(NAMES)]
        size = LARGE if number % 500 == 1 else 2_000_000 if number % 3 else 0
        yield name, size
        written += len(body(name, size))
        number += 1


def write_lines(path: Path, total: int) -> None:
    """One stream of JSON lines, as in The Pile; the first record is much too large."""
    escaped = functools.cache(lambda *which: json.dumps(body(*which).decode())[1:-1].encode())
    with pa.output_stream(str(path), compression="zstd") as file:
        file.write(b'{"text": "' + b"a" * min(HUGE, 2 * total) + b'"}\n')
        for number, which in enumerate(files(total)):
            file.write(b'{"text": "# %09d\\n' % number + escaped(*which) + b'"}\n')


def write_tar(path: Path, total: int) -> None:
    """An archive of a repository, each body compressed once; beside it a file of 1 GB."""
    with (path.parent / "huge.py").open("wb") as huge:
        huge.truncate(HUGE)
    packed = functools.cache(lambda *which: gzip.compress(_filled(body(*which)), 1))
    with path.open("wb") as file:
        for number, which in enumerate(files(total)):
            member = tarfile.TarInfo(f"top/{number % 97}/{number}.py")
            first = (b"# %09d" % number).ljust(511) + b"\n"
            member.size = len(first) + len(body(*which))
            file.write(gzip.compress(member.tobuf() + first, 1) + packed(*which))
        file.write(gzip.compress(bytes(1024), 1))


def _filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % 512)


Write = Callable[[Path, int], None]
SOURCES: dict[str, tuple[str, Write, dict[str, Any]]] = {
    "lines": ("data.jsonl.zst", write_lines, {"type": "pile"}),
    "tar": ("one/repository.tar.gz", write_tar, {"type": "folder"}),
}


def build(folder: Path, source: dict[str, Any], recipe_file: Callable[..., Path]) -> Path:
    """Run the command with one worker."""
    recipe = recipe_file(folder, {"sources": [source], "part_bytes": 128 << 20})
    command = [sys.executable, "-m", "codecorpus", "build", str(recipe), "--workers", "1"]
    out = folder / "out"
    done = subprocess.run(
        [*command, "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out


def peaks(out: Path) -> dict[str, int]:
    """Peak memory of the worker by the end of each stage, in bytes."""
    lines = (out / "log" / "timings.jsonl").read_text().splitlines()
    found: dict[str, int] = {}
    for line in map(json.loads, lines):
        found[line["stage"]] = max(found.get(line["stage"], 0), line["peak_memory"])
    return found


def is_bounded(
    tmp_path: Path, kind: str, total: int, recipe_file: Callable[..., Path]
) -> dict[str, Any]:
    name, write, source = SOURCES[kind]
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    write(path, total)
    out = build(tmp_path, source | {"paths": [name.split("/")[0]]}, recipe_file)
    path.unlink()
    assert max(peaks(out).values()) < MOST, peaks(out)
    manifest: dict[str, Any] = json.loads((out / "manifest.json").read_bytes())
    assert manifest["read"]["bytes"] >= total
    return manifest


@pytest.mark.parametrize("kind", SOURCES)
def test_a_compressed_input(tmp_path: Path, kind: str, recipe_file: Callable[..., Path]) -> None:
    manifest = is_bounded(tmp_path, kind, 100_000_000, recipe_file)
    assert manifest["counts"]["unreadable.too_large"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", SOURCES)
def test_a_compressed_input_of_20_gb(
    tmp_path: Path, kind: str, recipe_file: Callable[..., Path]
) -> None:
    is_bounded(tmp_path, kind, 20_000_000_000, recipe_file)
