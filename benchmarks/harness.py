"""The side of a measurement that runs in its own process, in our environment or a peer's.

    python -m benchmarks.implementations.MODULE TASK.json

It loads its stripe of the corpus, does a small part of the work once (so that kernels are loaded
and lazy imports are done), says `ready`, waits for a line, then does the work and writes what it
measured beside the task. Work shorter than `LEAST_SECONDS` is repeated, ours and the peers' alike;
`fresh` makes its state anew before each pass and is not timed. Standard library only: peers'
environments hold nothing else of ours.
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

Named = tuple[str, bytes]
"""A file: repository/path, content."""

Foreign = Any
"""An object of a library whose types are not known here."""

LEAST_SECONDS = 0.4
WARM_FILES = 6


@dataclass(frozen=True)
class Job:
    """One way to do a piece of work.

    Attributes:
        run: the work that is timed, given the state and the input.
        load: from files to the form in which the work takes them; not timed.
        fresh: the state that each pass begins with; not timed.
        check: what must be the same on both sides, from the work's answer.
    """

    run: Callable[[Any, Any], Any]
    load: Callable[[list[Named]], Any]
    fresh: Callable[[], Any] = lambda: None
    check: Callable[[Any], dict[str, Any]] = lambda _: {}


Maker = Callable[[dict[str, Any]], Job]


def serve(jobs: dict[str, Maker]) -> None:
    """Do the job that the task names."""
    place = Path(sys.argv[1])
    task = json.loads(place.read_text())
    job = jobs[task["job"]](task["options"])
    files = read_stripe(Path(task["corpus"]), task["files"], *task["stripe"])
    job.run(job.fresh(), job.load(files[:WARM_FILES]))
    given = job.load(files)
    size = sum(len(content) for _, content in files)
    print("ready", flush=True)
    sys.stdin.readline()
    os.dup2(2, 1)  # nobody reads what a library prints from here on
    answer, passes, seconds, processor = _repeat(job, given)
    place.with_suffix(".out").write_text(
        json.dumps(
            {
                "bytes": size,
                "seconds": seconds,
                "processor_seconds": processor,
                "passes": passes,
                "peak_memory": peak_memory(),
                "check": job.check(answer),
            }
        )
    )


def _repeat(job: Job, given: object) -> tuple[Any, int, float, float]:
    """The answer, the passes, and the mean wall and processor seconds of one."""
    passes, seconds, processor = 0, 0.0, 0.0
    while seconds < LEAST_SECONDS:
        answer = None  # two answers at once would count twice in the memory
        state = job.fresh()
        wall_begun, processor_begun = time.perf_counter(), time.process_time()
        answer = job.run(state, given)
        seconds += time.perf_counter() - wall_begun
        processor += time.process_time() - processor_begun
        passes += 1
    return answer, passes, seconds / passes, processor / passes


def read_stripe(corpus: Path, files: int, index: int, count: int) -> list[Named]:
    """Every `count`-th of the first `files` files of a corpus."""
    entries = json.loads((corpus / "files.json").read_text())[:files][index::count]
    found = []
    with (corpus / "blob.bin").open("rb") as blob:
        for entry in entries:
            blob.seek(entry["offset"])
            name = f"{entry['repository']}/{entry['path']}"
            found.append((name, blob.read(entry["size"])))
    return found


def texts(files: list[Named]) -> list[str]:
    """The contents as most peers take them; decoding is not counted against them."""
    return [content.decode() for _, content in files]


def digest(*parts: bytes) -> str:
    """SHA-256 of bytes behind each other, short."""
    summed = hashlib.sha256()
    for part in parts:
        summed.update(part)
    return summed.hexdigest()[:16]


def peak_memory() -> int:
    """Bytes of the most memory that was resident in this process."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
