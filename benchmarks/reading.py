"""Claim: reading at 300 MB/s a core from files and jsonl.zst, 150 from gz and zip, 500 parquet.

Ours: the sources, from listing to Arrow batches, every record read, parts of the default size. Of
files and archives, a crawl's among them, beside Python's own `open`, `zipfile` and `tarfile`, which
know no limits, damage, or names that climb out. Of sets, beside a loop over `json.loads`, what
pyarrow reads of the same columns, and datatrove's readers. A set is one file in one frame or
stream, the case that cannot be entered in the middle: what lies before a part is inflated for each.

Roofline: of plain files one copy out of the system's cache (ceiling `read`) and some system calls a
file, which dominate at the usual 10 KB; of archives and gz inflating (ceiling `igzip`, ISA-L's; of
zlib, which the peers use, `inflate`); of jsonl.zst inflating (ceiling `unzstd`), one look at each
byte, and a copy; of parquet what pyarrow takes for the same columns.
"""

import shutil

from benchmarks import corpus
from benchmarks.peers import Peer
from benchmarks.places import WORK
from benchmarks.running import Comparison, Side, compare

FILES = {"files": "read", "zip": "igzip", "tar.gz": "igzip", "crawl": "igzip"}
SETS = {"jsonl.zst": "unzstd", "jsonl.gz": "igzip", "parquet": "copy"}
SOURCES = {
    "crawl": "github",
    "jsonl.zst": "pile",
    "jsonl.gz": "codeparrot",
    "parquet": "codeparrot",
}
"""A recipe's name of the source that reads a form; `folder` of all others."""
SIZE = 135_000_000


def main(cores: int) -> list[Comparison]:
    """Compare with one worker and with all cores."""
    datatrove = Peer("datatrove")
    found = []
    for form, ceiling in (FILES | SETS).items():
        options = {"form": form, "work": str(WORK / "reading")}
        sides = [Side("Python's own modules", "reading", "python", options=options)]
        if form in SETS:
            name = "pyarrow" if form == "parquet" else "Python's json"
            sides = [
                Side(name, "reading_sets", "python", options=options),
                Side(datatrove.title, "reading_sets", "datatrove", datatrove.python, options),
            ]
        ours = Side("codecorpus", sides[0].module, "codecorpus", options=options)
        for side in sides:
            for workers in sorted({1, cores}):
                found.append(
                    compare(
                        f"reading {form}, {SOURCES.get(form, 'folder')}",
                        ours,
                        side,
                        corpus.sample(SIZE),
                        workers=workers,
                        budget=12,
                        ceiling=ceiling,
                    )
                )
                shutil.rmtree(WORK / "reading", ignore_errors=True)
    return found
