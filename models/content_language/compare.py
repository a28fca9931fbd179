"""Compare the classifier with its peers on held-out files.

`python -m models.content_language.compare` runs magika (Google's deep model of content types) in an
environment of its own under build/, from `peers/magika.txt`, and go-enry (GitHub Linguist in Go,
with Linguist's token classifier), built by `go` from `peers/enry`, which also uses mode lines and
shebangs. All receive the same bytes and no file name.

magika does not know Cuda and Objective-C++, so all are also scored with these counted as C++ and
Objective-C.
"""

import json
import os
import resource
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.filters.languages.classifier import predict
from codecorpus.filters.languages.classifier.model import load_model
from codecorpus.filters.languages.table import LANGUAGES
from models.content_language.dataset import CODES, NAMES, Files, read_files
from models.content_language.evaluate import (
    LARGE,
    PAIRS,
    bootstrap_intervals,
    percent,
    print_table,
    share,
)
from models.content_language.paths import BUILD, FILES, HERE

OTHER = CODES["other"]
EVERY = 5
"""Only every fifth file is classified: magika takes about 20 ms per file."""
MAGIKA = {
    "cpp": "C++",
    "cs": "C#",
    "latex": "TeX",
    "objectivec": "Objective-C",
    "php": "PHP",
    "html": "HTML",
    "css": "CSS",
    "sql": "SQL",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
}
"""magika's labels that differ from our names in lower case."""
ENRY_OTHERS = (
    "Markdown, reStructuredText, Text, JSON, YAML, XML, INI, TOML, Makefile, CMake, M4, "
    "Gettext Catalog, Ruby, Perl, Swift, Lua, Haskell, OCaml, D, Erlang, Elixir, Tcl, "
    "Vim Script, Emacs Lisp, Common Lisp, Scheme, Clojure, Groovy, Assembly, Awk, "
    "Batchfile, PowerShell, Dart, Julia, Protocol Buffer, Vue, SCSS, Less, CoffeeScript, "
    "Cython, Verilog, VHDL, GLSL, Ada, Yacc, Diff, Dockerfile, BibTeX, Vala, Nim, Zig, F#, "
    "GraphQL, Solidity"
)
"""Linguist's names of other languages; its classifier chooses among the names it is given."""
MERGED = {CODES["Cuda"]: CODES["C++"], CODES["Objective-C++"]: CODES["Objective-C"]}


def magika(files: Files) -> tuple[NDArray[np.int64], float]:
    """The codes of the answers, and the processor time in seconds."""
    folder = BUILD / "magika"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        pins = str(HERE / "peers" / "magika.txt")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", pins], check=True)
    table, answer = BUILD / "held_out.parquet", BUILD / "magika.json"
    pq.write_table(pa.table({"text": files.text}), table)
    subprocess.run([python, HERE / "peers" / "run_magika.py", table, answer], check=True)
    found = json.loads(answer.read_text())
    names = MAGIKA | {name.lower(): name for name in LANGUAGES}
    codes = [CODES.get(names.get(label, ""), OTHER) for label in found["labels"]]
    return np.array(codes, np.int64), found["seconds"]


def enry(files: Files) -> tuple[NDArray[np.int64], float]:
    """The codes of the answers, and the processor time in seconds."""
    program = BUILD / "enry"
    build = ["go", "build", "-o", str(program), "."]
    environment = os.environ | {"CGO_ENABLED": "0"}
    subprocess.run(build, cwd=HERE / "peers" / "enry", env=environment, check=True)
    texts = [text.encode() for text in files.text.to_pylist()]
    fed = b"".join(b"%d\n%b" % (len(text), text) for text in texts)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [program, *LANGUAGES, *ENRY_OTHERS.split(", ")], input=fed, capture_output=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    codes = [CODES.get(line, OTHER) for line in done.stdout.decode().split("\n")[:-1]]
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return np.array(codes, np.int64), seconds


def main() -> None:
    """Print the tables."""
    held = read_files(FILES).of_subsets("held out")
    held = held.select(np.flatnonzero(held.bytes().sizes >= LARGE)[::EVERY])
    truth, size = held.codes, int(held.bytes().sizes.sum())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    ours = predict(held.bytes(), load_model())[0]
    seconds = resource.getrusage(resource.RUSAGE_SELF).ru_utime - before
    answers = {"codecorpus": (ours, seconds), "magika": magika(held), "go-enry": enry(held)}
    print(f"{len(truth)} files, {size} bytes\n")
    pairs = [" / ".join(pair) for pair in PAIRS[:2]]
    rows = []
    for name, (codes, seconds) in answers.items():
        right = codes == truth
        bootstrap = bootstrap_intervals(right, truth, held.package)
        mean = float(np.mean([right[truth == code].mean() for code in range(len(NAMES))]))
        merged = _merge(codes) == _merge(truth)
        of_pairs = [share(right[np.isin(truth, [CODES[x] for x in pair])]) for pair in PAIRS[:2]]
        shares = [
            percent(right.mean(), bootstrap.all),
            percent(mean, bootstrap.mean),
            share(merged),
        ]
        rows.append([name, *shares, *of_pairs, f"{size / seconds / 1e6:.1f}"])
    print_table(["", "right %", "mean over languages", "merged %", *pairs, "MB/s"], rows)
    rows = []
    for code, name in enumerate(NAMES):
        of = truth == code
        right = [f"{100 * (codes == code)[of].mean():.1f}" for codes, _ in answers.values()]
        rows.append([name, of.sum(), *right])
    print_table(["language", "files", *answers], rows)


def _merge(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([MERGED.get(int(code), int(code)) for code in codes], np.int64)


if __name__ == "__main__":
    main()
