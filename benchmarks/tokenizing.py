"""Claim: tokenizing at 120 MB/s per core, with exactly the ids of `tokenizers`.

Each pass starts with a new encoder, so that its word cache is empty, on our side and the peers'.
Texts and ids are in memory. All sides use one tokenizer.json: GPT-2's with CodeGeeX's tokens for
runs of spaces.

Roofline: Each byte is loaded and classified once; each word of about five bytes is one lookup in a
table of 59 MB, mostly in cache because words repeat (the limit `gather` is without any cache hits);
2 bytes are written per id. BPE runs once for each new word, which takes several microseconds and
dominates on small inputs.
"""

from benchmarks.comparison import Comparison, Side, compare
from benchmarks.peers import Peer

PEERS = {"tokenizers": 16, "tiktoken": 40, "gigatoken": 160}
"""Megabytes of each peer's sample, chosen by its speed."""


def main(cores: int) -> list[Comparison]:
    """Compare with one worker, and with one per core."""
    peers = []
    for name, size in PEERS.items():
        peer = Peer(name)
        options = {"tokenizer": str(peer.tokenizer())}
        peers.append((Side(peer.title, "tokenizing", name, peer.python, options), size))
    return compare("tokenizing", peers, cores=cores, budget=20, limit="gather")
