"""Claim: text statistics and all file rules at 500 MB/s per core.

Roofline: Each byte is loaded once and classified once. A scalar loop is limited by one table lookup
per byte (limit `lookup`), a vectorized loop over ASCII by memory (limit `copy`, several GB/s).

The peers apply exactly the same rules, in plain Python, and in CodeParrot's and datatrove's
frameworks; all find the same survivors. Our side also searches for all its markers of generated
files.
"""

from benchmarks.comparison import Comparison, Side, compare
from benchmarks.peers import Peer

NOTE = "the peers search five lines for three words, ours searches for all its markers"


def main(cores: int) -> list[Comparison]:
    """Compare with one worker, and with one per core."""
    datasets, datatrove = Peer("datasets"), Peer("datatrove")
    way = f"CodeParrot's method, {datasets.title}"
    peers = [
        (Side(way, "file_rules", "codeparrot", datasets.python), 8),
        (Side(datatrove.title, "file_rules", "datatrove", datatrove.python), 16),
        (Side("plain Python", "file_rules", "plain"), 16),
    ]
    return compare(
        "statistics and file rules", peers, cores=cores, budget=10, note=NOTE, limit="lookup"
    )
