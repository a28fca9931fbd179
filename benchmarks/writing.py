"""Claim: packing and writing at 400 MB/s a core, per byte of the text that the ids are of.

Ours cuts and packs ids into rows of 2,049 with their tags and writes them, with the SHA-256 that
the manifest wants; the peer, `datasets`' own writer, is given the rows ready-made. Both leave what
`datasets.load_from_disk` opens, and the same rows in it.

Roofline: two bytes an id are written, and padding, some 0.9 bytes a byte of text: one copy into the
row, one into the system's cache (ceiling `write`), one pass of SHA-256 between.
"""

import shutil

from benchmarks import corpus
from benchmarks.comparison import Comparison, Side, compare
from benchmarks.paths import WORK
from benchmarks.peers import Peer

PEERS = {"from_dict": 24, "generator": 12}
"""Megabytes of text whose rows each writes."""


def main(cores: int) -> list[Comparison]:
    """Compare with one worker: `datasets` writes one file from one process."""
    del cores
    peer = Peer("datasets")
    place = WORK / "writing"
    options = {"rows": str(WORK / "rows.npy"), "work": str(place)}
    found = [
        compare(
            "packing and writing",
            Side("codecorpus", "writing", "codecorpus", options=options),
            Side(f"{peer.title}, {job}", "writing", job, peer.python, options),
            corpus.sample(size * 1_000_000),
            budget=14,
            note="ours packs too",
            ceiling="write",
        )
        for job, size in PEERS.items()
    ]
    shutil.rmtree(place, ignore_errors=True)
    return found
