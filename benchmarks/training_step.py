"""Claim: a training step on a CPU does half the arithmetic that matrix products alone would do.

`codecorpus train` itself runs for some steps in fp32, on all cores, with a decoder of 6 blocks and
width 512 and the corpus's vocabulary. MFU is its own figure: FLOPs of the model (PaLM, arXiv
2204.02311, appendix B) over the rate of a matrix product of the same dtype, measured in the run.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

from benchmarks.paths import ROOT, WORK

STEPS = 14
FIRST = 4
"""Steps before this one warm up and are left out."""
CONFIG = """
model:
  type: decoder
  layers: 6
  width: 512
  heads: 8
  kv_heads: 4
  feed_forward: 1408
  context: 512
steps: {steps}
batch_size: 4
learning_rate: 1.0e-3
precision: fp32
validation_rows: 4
log_every: 1
"""


def render(corpus: Path) -> str:
    """Train, and return the table of TRAINING.md."""
    work = WORK / "training-step"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    config = work / "d512.yaml"
    config.write_text(CONFIG.format(steps=STEPS), "utf-8")
    words = ["train", str(corpus.resolve()), "--config", str(config), "--out", str(work / "run")]
    done = subprocess.run(
        [sys.executable, "-m", "codecorpus", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr[-1500:])
    lines = (work / "run" / "metrics.jsonl").read_text("utf-8").splitlines()
    logged = [json.loads(line) for line in lines]
    steps = [line for line in logged if "mfu" in line and line["step"] >= FIRST]
    figures = {name: median(step[name] for step in steps) for name in ("mfu", "data_wait")}
    speed = median(step["all_tokens_per_second"] for step in steps)
    return "\n".join(
        [
            "A step of training in fp32: 6 blocks of width 512, context 512, 4 rows, median of "
            f"{len(steps)} steps:",
            "",
            "| MFU | waiting for data | tokens/s, with padding |",
            "|---|---|---|",
            f"| {figures['mfu']:.0%} | {figures['data_wait']:.2%} | {speed:,.0f} |",
            "",
        ]
    )
