"""Claim: MinHash signatures of 256 permutations at 120 MB/s a core, from the text on.

Ours: token 5-grams of each file, hashed and thrown into 1,024 positions (a sketch of 256 bytes) by
fast similarity sketching, and the keys of the bands. Not 256 hashes a shingle: so the peers that
hash each shingle 256 times do more arithmetic for an estimate that spreads more (`near_duplicates`
has the errors).

Roofline: each byte is loaded once to find tokens, 8 at a time; each token is hashed, each shingle
is one random store into 8 KB of first-level cache, some 3 ns for 5 bytes. Instructions bound it,
not memory; no loop that looks at each byte passes the ceiling `lookup`.
"""

from benchmarks import corpus
from benchmarks.comparison import Comparison, Side, compare
from benchmarks.peers import Peer

PEERS = {"datatrove": 3, "text-dedup": 6, "datasketch": 12, "rensa": 30, "gaoya": 40}
"""Megabytes that each gets, by its speed."""


def main(cores: int) -> list[Comparison]:
    """Compare with one worker and with all cores."""
    ours = Side("codecorpus", "signatures", "codecorpus")
    return [
        compare(
            "MinHash signatures",
            ours,
            Side(peer.title, "signatures", peer.name.replace("-", "_"), peer.python),
            corpus.sample(size * 1_000_000),
            workers=workers,
            budget=12,
            ceiling="lookup",
        )
        for peer, size in ((Peer(name), size) for name, size in PEERS.items())
        for workers in sorted({1, cores})
    ]
