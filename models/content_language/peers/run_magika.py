"""Classify files with magika: `run_magika.py FILES.parquet OUT.json`, in its own environment."""

# mypy: disable-error-code="import-not-found"

import json
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
from magika import Magika

texts = [text.encode() for text in pq.read_table(sys.argv[1])["text"].to_pylist()]
magika = Magika()
started = time.process_time()
labels = [str(magika.identify_bytes(text).output.label) for text in texts]
seconds = time.process_time() - started
Path(sys.argv[2]).write_text(json.dumps({"labels": labels, "seconds": seconds}))
