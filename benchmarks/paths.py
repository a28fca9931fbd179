"""The files and folders of the benchmarks; all but RESULTS are under build/, not committed."""

from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
BUILD = ROOT / "build" / "benchmarks"
ARCHIVES = BUILD / "archives"
CORPUS = BUILD / "corpus"
WORK = BUILD / "work"
PEERS = ROOT / "build" / "peers"
RESULTS = HERE / "RESULTS.md"
