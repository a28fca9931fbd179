"""The labelled files and which part each belongs to, by package: none has files in two.

Packages that are one project's (`FAMILIES`) go together. What is left of a project in another one's
package, a vendored copy say, would still be in two parts: a file outside training is dropped where
half or more of its telling lines (24 characters or more, in few files) are in a part before its own
too, since the model is trained on validation's files in the end.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.compiling import kernel

PARTS = ("training", "validation", "held out")
NAMES = (*LANGUAGES, "other")
CODES = {name: code for code, name in enumerate(NAMES)}

FAMILIES = (
    "react-native$ react-native-macos react-native-tvos react-native-windows",
    "pyobjc-.*",
    "gnustep-.*|gworkspace|.*\\.app",
    "kotlin kotlin-stdlib kotlin-reflect kotlinx-.* .*kotlinx.*",
    "scala scala-compiler scala3-compiler scala-xml scala-pickling scala-parser-combinators",
    "postgresql-15 pg.*",
    "cordova-.*",
    "expo expo-.*",
    "@capacitor.*",
    "lapack scalapack arpack",
    "mono.* gtk-sharp.*",
    "typescript node-typescript",
    "bulma node-bulma",
    "r-base r-cran-nlme r-cran-mgcv r-cran-survival",
    "r-bioc-.*",
    "torch-s.* torch-cluster",
    "akka.*",
    "@react-native-firebase/.*",
    "qt.*-opensource-src",
    "llama.* whisper.*",
    "react-native-fast-image @d11/react-native-fast-image",
    "react-native-purchases.*",
)
"""Names of one project's packages, patterns parted by spaces; those of npm, Maven and others."""

SALT = 107
"""Of 0 to 199, the one whose parts come nearest to their shares of each language's files."""

_FEW = 4
_TELLING = 24
_LINES = 400


@dataclass(frozen=True)
class Files:
    """The labelled files, ordered by package.

    Attributes:
        package: registry and name of each.
        path: inside the package.
        label: one of LANGUAGES, or `other:` and a suffix.
        text: large_string.
        part: int8[files], index into PARTS.
    """

    package: NDArray[np.object_]
    path: NDArray[np.object_]
    label: NDArray[np.object_]
    text: pa.Array
    part: NDArray[np.int8]

    @property
    def codes(self) -> NDArray[np.int64]:
        """int64[files], each label's index in NAMES."""
        return np.array([CODES.get(name, len(LANGUAGES)) for name in self.label], np.int64)

    def of_part(self, *names: str) -> "Files":
        """The files of some of PARTS."""
        return self.select(np.flatnonzero(np.isin(self.part, [PARTS.index(x) for x in names])))

    def bytes(self) -> ByteColumn:
        """The texts."""
        return ByteColumn.from_arrow(self.text)

    def select(self, rows: NDArray[np.int64]) -> "Files":
        """Some of them."""
        return Files(
            self.package[rows],
            self.path[rows],
            self.label[rows],
            self.text.take(pa.array(rows)),
            self.part[rows],
        )


def read(path: Path) -> Files:
    """What `gather` wrote, in parts."""
    table = pq.read_table(path).combine_chunks()
    package = np.array(table["package"].to_pylist(), object)
    files = Files(
        package,
        np.array(table["path"].to_pylist(), object),
        np.array(table["label"].to_pylist(), object),
        table["text"].chunk(0),
        np.array([part(name) for name in package], np.int8),
    )
    return files.select(np.flatnonzero(~_copies(files)))


def family(package: str) -> str:
    """The project of a package, its registry and name parted by a space."""
    name = package.split(" ")[1]
    if ":" in name:
        name = name.split(":")[1].split("_")[0]
    for number, patterns in enumerate(FAMILIES):
        if any(re.fullmatch(pattern, name) for pattern in patterns.split()):
            return f"family {number}"
    return name.removeprefix("node-")


def part(package: str) -> int:
    """Index into PARTS: a quarter of the projects is held out, an eighth for validation."""
    digest = hashlib.blake2b(f"{SALT} {family(package)}".encode(), digest_size=8).digest()
    share = int.from_bytes(digest, "big") / 2**64
    return 2 if share < 1 / 4 else 1 if share < 3 / 8 else 0


def _copies(files: Files) -> NDArray[np.bool_]:
    """Which files have their telling lines in a part before their own."""
    lines, of = _lines_of(files)
    part = files.part[of]
    copies = np.zeros(len(files.part), np.bool_)
    for number in range(1, len(PARTS)):
        known, counts = np.unique(lines[part < number], return_counts=True)
        asked = part == number
        mine, whose = lines[asked], of[asked]
        at = np.minimum(np.searchsorted(known, mine), len(known) - 1)
        found = np.where(known[at] == mine, counts[at], 0)
        telling = np.bincount(whose, found <= _FEW, len(copies))
        copied = np.bincount(whose, (found > 0) & (found <= _FEW), len(copies))
        copies |= (files.part == number) & (copied >= 0.5 * np.maximum(1, telling))
    return copies


def _lines_of(files: Files) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of the files' lines, each once a file, and the row of each one's file."""
    texts = files.bytes()
    offsets, lines = np.zeros(len(texts) + 1, np.int64), np.empty(_LINES * len(texts), np.uint64)
    _lines(texts.data, texts.starts, texts.ends, offsets, lines)
    lines = lines[: offsets[-1]]
    of = np.repeat(np.arange(len(texts)), np.diff(offsets))
    order = np.lexsort((lines, of))
    lines, of = lines[order], of[order]
    fresh = np.ones(len(lines), np.bool_)
    fresh[1:] = (lines[1:] != lines[:-1]) | (of[1:] != of[:-1])
    return lines[fresh], of[fresh]


@kernel
def _lines(
    data: NDArray[np.uint8],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    offsets: NDArray[np.int64],
    out: NDArray[np.uint64],
) -> None:
    """FNV-1a of each of a text's first lines without white space around, if it is long enough."""
    count = 0
    for i in range(len(starts)):
        at = starts[i]
        for _ in range(_LINES):
            if at >= ends[i]:
                break
            first = at
            while at < ends[i] and data[at] != 10:
                at += 1
            last = at
            at += 1
            while first < last and data[first] <= 32:
                first += 1
            while last > first and data[last - 1] <= 32:
                last -= 1
            if last - first >= _TELLING:
                value = np.uint64(0xCBF29CE484222325)
                for k in range(first, last):
                    value = (value ^ np.uint64(data[k])) * np.uint64(0x100000001B3)
                out[count] = value
                count += 1
        offsets[i + 1] = count
