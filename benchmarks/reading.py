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

from benchmarks.comparison import Comparison, Side, compare
from benchmarks.peers import Peer

LIMITS = {
    "files": "read",
    "zip": "igzip",
    "tar.gz": "igzip",
    "crawl": "igzip",
    "jsonl.zst": "unzstd",
    "jsonl.gz": "igzip",
    "parquet": "copy",
}
"""The machine's limit for each form of input."""
DATA_SETS = {"jsonl.zst": "Python's json", "jsonl.gz": "Python's json", "parquet": "pyarrow"}
"""The forms that datatrove reads too, and the name of the plain peer."""
SOURCES = {
    "crawl": "github",
    "jsonl.zst": "pile",
    "jsonl.gz": "codeparrot",
    "parquet": "codeparrot",
}
"""The recipe's name of the source that reads each form; `folder` for the others."""
MEGABYTES = 135


def main(cores: int) -> list[Comparison]:
    """Compare with one worker, and with one per core."""
    datatrove = Peer("datatrove")
    lines = []
    for form, limit in LIMITS.items():
        options = {"form": form}
        name = DATA_SETS.get(form, "Python's own modules")
        peers = [Side(name, "reading", "python", options=options)]
        if form in DATA_SETS:
            peers.append(Side(datatrove.title, "reading", "datatrove", datatrove.python, options))
        lines += compare(
            f"reading {form}, {SOURCES.get(form, 'folder')}",
            [(peer, MEGABYTES) for peer in peers],
            cores=cores,
            budget=12,
            options=options,
            limit=limit,
        )
    return lines
