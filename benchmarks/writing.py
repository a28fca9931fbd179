"""Claim: packing and writing at 400 MB/s per core, per byte of the texts behind the ids.

Our side splits and packs ids into rows of 2,049 with their tags and writes them, with the SHA-256
for the manifest. The peer, the writer of `datasets`, gets the finished rows. Both write data sets
that `datasets.load_from_disk` opens, with the same rows.

Roofline: Two bytes are written per id, and padding, together about 0.9 bytes per byte of text: one
copy into the row, one into the page cache (limit `write`), and one pass of SHA-256 between them.
"""

from benchmarks.comparison import Comparison, Side, compare
from benchmarks.paths import WORK
from benchmarks.peers import Peer

PEERS = {"from_dict": 24, "generator": 12}
"""Megabytes of text whose rows each peer writes."""


def main(_cores: int) -> list[Comparison]:
    """Compare with one worker, because `datasets` writes one file from one process."""
    peer, options = Peer("datasets"), {"rows": str(WORK / "rows.npy")}
    peers = [
        (Side(f"{peer.title}, {name}", "writing", name, peer.python, options), size)
        for name, size in PEERS.items()
    ]
    return compare(
        "packing and writing",
        peers,
        cores=1,
        budget=14,
        options=options,
        note="ours packs too",
        limit="write",
    )
