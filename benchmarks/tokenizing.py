"""Claim: tokenizing at 120 MB/s a core, with the ids of `tokenizers` to the last one.

Each pass begins with a new encoder, so that its table of words is empty, ours and the peers' alike;
texts are in memory, and so are the ids in the end. All use one tokenizer.json: GPT-2's with
CodeGeeX's tokens for runs of spaces.

Roofline: each byte is loaded and classified once; each word of some five bytes is one look-up in a
table of 59 MB, mostly in cache because words repeat (ceiling `gather`: as if none were); each id is
2 bytes written. First sightings run BPE, some microseconds each: they dominate small inputs.
"""

from benchmarks import corpus
from benchmarks.comparison import Comparison, Side, compare
from benchmarks.peers import Peer

PEERS = {"tokenizers": 16, "tiktoken": 40, "gigatoken": 160}
"""Megabytes that each gets, by its speed."""


def main(cores: int) -> list[Comparison]:
    """Compare with one worker and with all cores."""
    ours = Side("codecorpus", "tokenizing", "codecorpus")
    return [
        compare(
            "tokenizing",
            ours,
            Side(
                peer.title,
                "tokenizing",
                peer.name,
                peer.python,
                {"tokenizer": str(peer.tokenizer())},
            ),
            corpus.sample(size * 1_000_000),
            workers=workers,
            budget=20,
            ceiling="gather",
        )
        for peer, size in ((Peer(name), size) for name, size in PEERS.items())
        for workers in sorted({1, cores})
    ]
