"""Claim: MinHash signatures of 256 permutations at 120 MB/s per core, starting from the text.

Our side hashes the token 5-grams of each file into 1,024 positions (a sketch of 256 bytes) by fast
similarity sketching, and computes the keys of the bands. That is not 256 hashes per shingle: the
peers, which do hash each shingle 256 times, do more arithmetic for an estimate with a larger
variance (`near_duplicates` measures the errors).

Roofline: Bytes are loaded once, 8 at a time, to find tokens; each token is hashed; each shingle is
one random store into 8 KB of first-level cache, about 3 ns for 5 bytes. The limit is the number of
instructions, not memory; no loop over single bytes is faster than the limit `lookup`.
"""

from benchmarks.comparison import Comparison, Side, compare
from benchmarks.peers import Peer

PEERS = {"datatrove": 3, "text-dedup": 6, "datasketch": 12, "rensa": 30, "gaoya": 40}
"""Megabytes of each peer's sample, chosen by its speed."""


def main(cores: int) -> list[Comparison]:
    """Compare with one worker, and with one per core."""
    peers = [
        (Side(peer.title, "signatures", peer.name.replace("-", "_"), peer.python), size)
        for peer, size in ((Peer(name), size) for name, size in PEERS.items())
    ]
    return compare("MinHash signatures", peers, cores=cores, budget=12, limit="lookup")
