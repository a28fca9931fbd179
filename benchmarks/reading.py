"""Claim: reading at 300 MB/s per core from files and jsonl.zst, 150 from gz and zip, 500 parquet.

Our side is the sources, from listing to Arrow batches, with the content of every record, in parts
of the default size. Files and archives, including a crawl's, are compared with Python's own `open`,
`zipfile` and `tarfile`, which have no limits, no checks for damage and no protection against paths
that leave the folder. Data sets are compared with a loop over `json.loads`, with pyarrow reading
the same columns, and with datatrove's readers. A data set is one file in one frame or stream, which
cannot be entered in the middle: everything before a part is inflated again for each part.

Roofline: Plain files need one copy out of the page cache (limit `read`) and a few system calls per
file, which dominate at the usual 10 KB. Archives and gz need decompression (limit `igzip`, ISA-L;
for zlib, which the peers use, `inflate`). jsonl.zst needs decompression (limit `unzstd`), one pass
over the bytes, and a copy. The limit of parquet is the time of pyarrow for the same columns.
"""

import shutil

from benchmarks import corpus
from benchmarks.comparison import Comparison, Side, compare
from benchmarks.paths import WORK
from benchmarks.peers import Peer

FILES = {"files": "read", "zip": "igzip", "tar.gz": "igzip", "crawl": "igzip"}
SETS = {"jsonl.zst": "unzstd", "jsonl.gz": "igzip", "parquet": "copy"}
SOURCES = {
    "crawl": "github",
    "jsonl.zst": "pile",
    "jsonl.gz": "codeparrot",
    "parquet": "codeparrot",
}
"""The recipe's name of the source that reads each form; `folder` for the others."""
SIZE = 135_000_000


def main(cores: int) -> list[Comparison]:
    """Compare with one worker, and with one per core."""
    datatrove = Peer("datatrove")
    found = []
    for form, limit in (FILES | SETS).items():
        options = {"form": form, "work": str(WORK / "reading")}
        sides = [Side("Python's own modules", "reading", "python", options=options)]
        if form in SETS:
            name = "pyarrow" if form == "parquet" else "Python's json"
            sides = [
                Side(name, "reading_datasets", "python", options=options),
                Side(datatrove.title, "reading_datasets", "datatrove", datatrove.python, options),
            ]
        ours = Side("codecorpus", sides[0].workload, "codecorpus", options=options)
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
                        limit=limit,
                    )
                )
                shutil.rmtree(WORK / "reading", ignore_errors=True)
    return found
