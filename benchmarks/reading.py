"""Claim: reading plain files at 300 MB/s a core, tar.gz at 150.

Ours: the source `folder`, from listing to Arrow batches, every file wanted. Beside it Python's own
`open`, `zipfile` and `tarfile`, which know no limits, damage, or names that climb out.

Roofline: of plain files one copy out of the system's cache (ceiling `read`) and some system calls a
file, which dominate at the usual 10 KB; of archives zlib (ceiling `inflate`).
"""

import shutil

from benchmarks import corpus
from benchmarks.places import WORK
from benchmarks.running import Comparison, Side, compare

FORMS = {"files": "read", "zip": "inflate", "tar.gz": "inflate"}
SIZE = 60_000_000


def main(cores: int) -> list[Comparison]:
    """Compare with one worker and with all cores."""
    found = []
    for form, ceiling in FORMS.items():
        options = {"form": form, "work": str(WORK / "reading")}
        for workers in sorted({1, cores}):
            found.append(
                compare(
                    f"reading {form}",
                    Side("codecorpus", "reading", "codecorpus", options=options),
                    Side("Python's own modules", "reading", "python", options=options),
                    corpus.sample(SIZE),
                    workers=workers,
                    budget=45,
                    ceiling=ceiling,
                )
            )
            shutil.rmtree(WORK / "reading", ignore_errors=True)
    return found
