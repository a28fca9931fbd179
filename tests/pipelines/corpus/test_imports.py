"""Reading a corpus loads no engine, no compiler and no training library."""

import subprocess
import sys

LOOK = """
import importlib, pkgutil, sys
import codecorpus.pipelines.corpus as corpus
for found in pkgutil.iter_modules(corpus.__path__, corpus.__name__ + "."):
    importlib.import_module(found.name)
print(sorted({"apache_beam", "numba", "torch"} & set(sys.modules)))
print(sorted(name for name in sys.modules if name.startswith("codecorpus.pipelines.")))
"""


def test_the_readers_of_a_corpus_are_light() -> None:
    done = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    heavy, ours = done.stdout.splitlines()
    assert heavy == "[]"
    packages = {name.split(".")[2] for name in ours.strip("[]").replace("'", "").split(", ")}
    assert packages == {"corpus", "storage"}
