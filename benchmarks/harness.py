"""Measures one implementation in a process of its own, in our environment or a peer's.

    python -m benchmarks.implementations.MODULE TASK.json

The process loads its split of the corpus, does a small part of the work once (so that kernels are
loaded and lazy imports done), prints `ready`, waits for a line, then does the work and writes its
measurements next to the task file. Work that takes less than `MIN_SECONDS` is repeated, on both
sides; `new_state` creates the state of each pass and is not timed. Standard library only, because
peers' environments have nothing else in common.
"""

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NamedFile = tuple[str, bytes]
"""A file: repository/path and content."""

Untyped = Any
"""An object of a library without type information in our environment."""

MIN_SECONDS = 0.4
WARM_FILES = 6


@dataclass(frozen=True)
class Implementation:
    """One way to do a workload.

    Attributes:
        run: does the timed work, given the state and the input.
        load: converts the files to the input; not timed.
        new_state: creates the initial state of each pass; not timed.
        check: from the result, the values that must be equal on both sides.
    """

    run: Callable[[Any, Any], Any]
    load: Callable[[list[NamedFile]], Any]
    new_state: Callable[[], Any] = lambda: None
    check: Callable[[Any], dict[str, Any]] = lambda _: {}


MakeImplementation = Callable[[dict[str, Any]], Implementation]


def run_implementation(implementations: dict[str, MakeImplementation]) -> None:
    """Run and measure the implementation that the task file names."""
    path = Path(sys.argv[1])
    task = json.loads(path.read_text())
    implementation = implementations[task["implementation"]](task["options"])
    files = read_split(Path(task["corpus"]), task["files"], *task["split"])
    implementation.run(implementation.new_state(), implementation.load(files[:WARM_FILES]))
    given = implementation.load(files)
    size = sum(len(content) for _, content in files)
    print("ready", flush=True)
    sys.stdin.readline()
    os.dup2(2, 1)  # libraries may print; standard output is no longer read
    answer, seconds, processor = _repeat(implementation, given)
    path.with_suffix(".out").write_text(
        json.dumps(
            {
                "bytes": size,
                "seconds": seconds,
                "processor_seconds": processor,
                "peak_memory": peak_memory(),
                "check": implementation.check(answer),
            }
        )
    )


def _repeat(implementation: Implementation, given: object) -> tuple[Any, float, float]:
    """Returns the answer, and wall and processor seconds per pass."""
    passes, seconds, processor = 0, 0.0, 0.0
    while seconds < MIN_SECONDS:
        answer = None  # two answers at once would count twice as memory
        state = implementation.new_state()
        wall_start, processor_start = time.perf_counter(), time.process_time()
        answer = implementation.run(state, given)
        seconds += time.perf_counter() - wall_start
        processor += time.process_time() - processor_start
        passes += 1
    return answer, seconds / passes, processor / passes


def read_split(corpus: Path, files: int, index: int, count: int) -> list[NamedFile]:
    """Every `count`-th of the first `files` files of a corpus."""
    entries = json.loads((corpus / "files.json").read_text())[:files][index::count]
    found = []
    with (corpus / "blob.bin").open("rb") as blob:
        for entry in entries:
            blob.seek(entry["offset"])
            name = f"{entry['repository']}/{entry['path']}"
            found.append((name, blob.read(entry["size"])))
    return found


def texts(files: list[NamedFile]) -> list[str]:
    """The contents as str, which most peers take; the decoding is not timed."""
    return [content.decode() for _, content in files]


def digest(*parts: bytes) -> str:
    """The first 16 hexadecimal digits of the SHA-256 of the concatenated parts."""
    summed = hashlib.sha256()
    for part in parts:
        summed.update(part)
    return summed.hexdigest()[:16]


def check_contents(contents: list[bytes]) -> dict[str, Any]:
    """The number of contents, and a digest that does not depend on their order."""
    combined = digest(*sorted(hashlib.sha1(content).digest() for content in contents))
    return {"contents": f"{len(contents)} files, {combined}"}


def peak_memory() -> int:
    """Peak resident bytes of this process."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource  # not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
