"""Where the benchmarks keep things: all of it under build/, and nothing of it is committed."""

from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILD = ROOT / "build" / "benchmarks"
ARCHIVES = BUILD / "archives"
CORPUS = BUILD / "corpus"
WORK = BUILD / "work"
PEERS = ROOT / "build" / "peers"
RESULTS = HERE / "RESULTS.md"
