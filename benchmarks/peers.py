"""The peers' virtual environments, one each, under build/.

`peers/NAME.txt` pins everything that is installed; when it changes, the environment is rebuilt.
Nothing is installed into our own environment, and nothing is downloaded from a model hub.
"""

import hashlib
import shutil
import subprocess
import sys
from functools import cached_property
from pathlib import Path

from benchmarks.paths import BUILD, HERE, PEERS
from codecorpus.tokenization.vocabulary_sources import load_vocabulary

TIMEOUT = 900
"""Seconds for an installation."""


class Peer:
    """A peer and its virtual environment."""

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def requirements(self) -> Path:
        """The requirements file of its environment."""
        return HERE / "peers" / f"{self.name}.txt"

    @cached_property
    def title(self) -> str:
        """Name and version, from the first pinned requirement."""
        for line in self.requirements.read_text("utf-8").splitlines():
            if "==" in line and not line.startswith("#"):
                return line.strip().replace("==", " ")
        raise ValueError(f"{self.requirements} pins no version")

    @cached_property
    def python(self) -> Path:
        """The interpreter of its environment, which is created if needed."""
        folder = PEERS / self.name
        digest = hashlib.sha256(self.requirements.read_bytes()).hexdigest()
        marker = folder / "installed"
        if not (marker.exists() and marker.read_text() == digest):
            print(f"Setting up {folder}", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            install = ["-m", "pip", "install", "--quiet", f"--requirement={self.requirements}"]
            subprocess.run([str(folder / "bin" / "python"), *install], check=True, timeout=TIMEOUT)
            marker.write_text(digest)
        return folder / "bin" / "python"

    def tokenizer(self) -> Path:
        """The tokenizer.json that all sides use: GPT-2's with the tokens for runs of spaces."""
        path = BUILD / "tokenizer.json"
        if not path.exists():
            BUILD.mkdir(parents=True, exist_ok=True)
            path.write_bytes(load_vocabulary("gpt2").tokenizer_json())
        return path
