"""The peers' virtual environments, one each, under build/.

`peers/NAME.txt` pins everything that is installed; when it changes, the environment is rebuilt.
Nothing is installed into our own environment, and nothing is downloaded from a model hub.
"""

import hashlib
import shutil
import subprocess
import sys
import sysconfig
from functools import cached_property
from pathlib import Path

from benchmarks.paths import BUILD, HERE, PEERS
from codecorpus.tokenization.vocabulary_sources import load_vocabulary

TIMEOUT = 900
"""Seconds for an installation."""


class Peer:
    """A peer and its virtual environment."""

    def __init__(self, name: str, *, beside_ours: bool = False) -> None:
        """Name a peer.

        Args:
            name: of its requirements file.
            beside_ours: whether it also finds the packages of our environment, such as torch, and
                is installed without its dependencies.
        """
        self.name = name
        self.beside_ours = beside_ours

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

    def version_of(self, package: str) -> str:
        """The pinned version of one of its requirements."""
        for line in self.requirements.read_text("utf-8").splitlines():
            name, _, version = line.partition("==")
            if name == package:
                return version
        raise ValueError(f"{self.requirements} does not pin {package}")

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
            if self.beside_ours:
                install.append("--no-deps")
                (packages,) = folder.glob("lib/python*/site-packages")
                (packages / "zz_ours.pth").write_text(sysconfig.get_path("purelib"))
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
