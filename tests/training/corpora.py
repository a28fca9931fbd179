"""Small corpora, built by the command from folders of Python's own library."""

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

PACKAGES = (
    "asyncio", "collections", "concurrent", "ctypes", "dbm", "email", "encodings", "html", "http",
    "importlib", "json", "logging", "multiprocessing", "re", "sqlite3", "tomllib", "unittest",
    "urllib", "wsgiref", "xml", "xmlrpc", "zipfile", "zoneinfo", "curses",
)  # fmt: skip

RECIPE = """
sources: [{{type: folder, paths: [repositories], repositories: children}}]
filters: {{}}
deduplicate: {{exact: true, near: false}}
encode: {{vocabulary: gpt2, sequence_length: 128, packing: {packing}}}
"""


def build_corpus(folder: Path, packing: str) -> Path:
    """Build a corpus of some thousand rows of 129 ids."""
    library = Path(sysconfig.get_paths()["stdlib"])
    for name in PACKAGES:
        target = folder / "repositories" / name
        target.mkdir(parents=True)
        files = [
            path for path in sorted((library / name).glob("*.py")) if path.stat().st_size < 12_000
        ]
        for path in files[:12]:
            shutil.copy(path, target / path.name)
    (folder / "recipe.yaml").write_text(RECIPE.format(packing=packing))
    out = folder / "corpus"
    command = ["build", str(folder / "recipe.yaml"), "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "codecorpus", *command], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return out
