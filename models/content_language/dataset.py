"""The labelled files, divided into training, validation and held-out files by project.

All packages of a project (`PROJECTS`) are in the same subset. Copies of a project inside another
one's package, such as vendored code, would still leak: a file outside the training subset is
dropped if half or more of its distinctive lines (24 characters or more, in few files) are in an
earlier subset too. Validation is earlier than held out, since the final model is trained on both
training and validation.
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

SUBSETS = ("training", "validation", "held out")
NAMES = (*LANGUAGES, "other")
CODES = {name: code for code, name in enumerate(NAMES)}

PROJECTS = (
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
"""Patterns of the names of packages that belong to one project, separated by spaces."""

SALT = 107
"""The salt from 0 to 199 whose subsets are closest to their shares of each language's files."""

_MAX_FILES = 4
"""Files that may contain a line for it to be distinctive."""
_MIN_LENGTH = 24
"""Characters of a distinctive line."""
_LINES = 400
"""Lines of a file that are compared."""


@dataclass(frozen=True)
class Files:
    """The labelled files, ordered by package.

    Attributes:
        package: registry and name, separated by a space.
        path: inside the package.
        label: one of LANGUAGES, or `other:` and a kind.
        text: large_string.
        subset: int8[files], index into SUBSETS.
    """

    package: NDArray[np.object_]
    path: NDArray[np.object_]
    label: NDArray[np.object_]
    text: pa.Array
    subset: NDArray[np.int8]

    @property
    def codes(self) -> NDArray[np.int64]:
        """The index of each label in NAMES, int64[files]."""
        return np.array([CODES.get(name, len(LANGUAGES)) for name in self.label], np.int64)

    def of_subsets(self, *names: str) -> "Files":
        """The files of the named SUBSETS."""
        return self.select(np.flatnonzero(np.isin(self.subset, [SUBSETS.index(x) for x in names])))

    def bytes(self) -> ByteColumn:
        """The texts."""
        return ByteColumn.from_arrow(self.text)

    def select(self, rows: NDArray[np.int64]) -> "Files":
        """The files of these rows."""
        return Files(
            self.package[rows],
            self.path[rows],
            self.label[rows],
            self.text.take(pa.array(rows)),
            self.subset[rows],
        )


def read_files(path: Path) -> Files:
    """Read the table that `gather` wrote, assign subsets, and drop leaked copies."""
    table = pq.read_table(path).combine_chunks()
    package = np.array(table["package"].to_pylist(), object)
    files = Files(
        package,
        np.array(table["path"].to_pylist(), object),
        np.array(table["label"].to_pylist(), object),
        table["text"].chunk(0),
        np.array([subset_of(name) for name in package], np.int8),
    )
    return files.select(np.flatnonzero(~_leaked(files)))


def project_of(package: str) -> str:
    """The project of a package, given as registry and name separated by a space."""
    name = package.split(" ")[1]
    if ":" in name:
        name = name.split(":")[1].split("_")[0]
    for number, patterns in enumerate(PROJECTS):
        if any(re.fullmatch(pattern, name) for pattern in patterns.split()):
            return f"family {number}"
    return name.removeprefix("node-")


def subset_of(package: str) -> int:
    """Index into SUBSETS: a quarter of the projects is held out, an eighth is for validation."""
    digest = hashlib.blake2b(f"{SALT} {project_of(package)}".encode(), digest_size=8).digest()
    share = int.from_bytes(digest, "big") / 2**64
    return 2 if share < 1 / 4 else 1 if share < 3 / 8 else 0


def _leaked(files: Files) -> NDArray[np.bool_]:
    """The files whose distinctive lines are in an earlier subset."""
    lines, file_of = _lines_of(files)
    subset = files.subset[file_of]
    copies = np.zeros(len(files.subset), np.bool_)
    for number in range(1, len(SUBSETS)):
        known, counts = np.unique(lines[subset < number], return_counts=True)
        asked = subset == number
        mine, whose = lines[asked], file_of[asked]
        at = np.minimum(np.searchsorted(known, mine), len(known) - 1)
        found = np.where(known[at] == mine, counts[at], 0)
        distinctive = np.bincount(whose, found <= _MAX_FILES, len(copies))
        copied = np.bincount(whose, (found > 0) & (found <= _MAX_FILES), len(copies))
        copies |= (files.subset == number) & (copied >= 0.5 * np.maximum(1, distinctive))
    return copies


def _lines_of(files: Files) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """The hashes of the distinct lines of each file, and the row of the file of each line."""
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
    """FNV-1a hashes of the first lines of each text, stripped, if they are long enough."""
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
            if last - first >= _MIN_LENGTH:
                value = np.uint64(0xCBF29CE484222325)
                for k in range(first, last):
                    value = (value ^ np.uint64(data[k])) * np.uint64(0x100000001B3)
                out[count] = value
                count += 1
        offsets[i + 1] = count
