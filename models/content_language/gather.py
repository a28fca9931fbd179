"""Label the files of the fetched packages by path: `python -m models.content_language.gather`.

Takes at most `MAX_FILES` files per language and package, half as many headers, and
`MAX_OTHER_FILES` of each other kind: those with the lowest hashes of their paths. Excludes vendored
folders, and all but one of the files that are equal except for white space. Files are UTF-8 and at
most 512 KiB. The labels are then checked against the content (`label_checks`).
"""

import hashlib
import heapq
import re
import sys
import tarfile
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from codecorpus.filters.languages import by_name, detect
from codecorpus.filters.languages.by_name import not_source
from models.content_language.label_checks import check_labels
from models.content_language.other_kinds import KIND_BY_SUFFIX
from models.content_language.packages import Package, read_list
from models.content_language.paths import FILES

MAX_FILES = 90
MAX_OTHER_FILES = 16
MAX_FILE_BYTES = 512 << 10
OVERSAMPLING = 1.25
"""Factor of files read, since some are dropped later."""

_VENDORED = re.compile(
    r"(^|/)(node_modules|\.git|\.pc|third_party|thirdparty|3rdparty|vendor|externals?|bundled|deps|"
    r"extern)/|\.min\.(js|css)$|(^|/)(configure|config\.guess|config\.sub|install-sh|depcomp|libtool|"
    r"ltmain\.sh|missing|ylwrap|compile|mkinstalldirs|test-driver|jquery[^/]*\.js|aclocal\.m4)$"
)
_TEMPLATES = {"in", "tmpl", "tpl"}


class File(NamedTuple):
    """A labelled file."""

    package: str
    path: str
    suffix: str
    label: str
    text: str


def label_files(package: Package) -> list[File]:
    """The files of a package with correct labels, up to the limit of each language and kind."""
    files = list(_read(package))
    paths = pa.array([path for path, _ in files], pa.string())
    texts = pa.array([text for _, text in files], pa.large_string())
    languages = detect(paths, texts).to_pylist()
    undecided = by_name(paths).undecided
    named = []
    for (path, text), language, no_name in zip(files, languages, undecided, strict=True):
        suffix = "" if no_name else _suffix(path)
        name = f"other:{kind}" if (kind := _kind(path)) and language is None else language
        if name is not None:
            named.append(File(f"{package.registry} {package.name}", path, suffix, name, text))
    if not named:
        return []
    good = check_labels(
        [file.label for file in named],
        [file.suffix for file in named],
        pa.array([file.text for file in named], pa.large_string()),
    )
    counts: Counter[tuple[str, bool]] = Counter()
    kept = []
    for file, fine in zip(named, good, strict=True):
        header = file.suffix == "h"
        limit = (
            MAX_OTHER_FILES
            if file.label.startswith("other:")
            else MAX_FILES // 2
            if header
            else MAX_FILES
        )
        if fine and counts[file.label, header] < limit:
            counts[file.label, header] += 1
            kept.append(file)
    return kept


def _read(package: Package) -> Iterator[tuple[str, str]]:
    """Paths and texts of the files that may be source code, a limited number per suffix."""
    heaps: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for archive in package.archives:
        for path, read in _members(archive):
            if _VENDORED.search(path) or _suffix(path) in _TEMPLATES:
                continue
            heap = heaps[_suffix(path)]
            limit = int(OVERSAMPLING * (MAX_OTHER_FILES if _kind(path) else MAX_FILES))
            rank = -int.from_bytes(hashlib.blake2b(path.encode(), digest_size=8).digest(), "big")
            if len(heap) >= limit and rank < heap[0][0]:
                continue
            try:
                text = read().decode()
            except UnicodeDecodeError:
                continue
            if "\0" not in text:
                (heapq.heappush if len(heap) < limit else heapq.heapreplace)(
                    heap, (rank, path, text)
                )
    found = [
        (path, text) for heap in heaps.values() for _, path, text in sorted(heap, reverse=True)
    ]
    source = ~not_source(pa.array([path for path, _ in found], pa.string()))
    yield from (file for file, wanted in zip(found, source, strict=True) if wanted)


def _members(archive: Path) -> Iterator[tuple[str, Callable[[], bytes]]]:
    if archive.suffix in {".jar", ".zip"}:
        with zipfile.ZipFile(archive) as bundle:
            for info in bundle.infolist():
                if not info.is_dir() and 0 < info.file_size <= MAX_FILE_BYTES:
                    yield info.filename, lambda info=info: bundle.read(info)  # type: ignore[misc]
        return
    with tarfile.open(archive, "r|*") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isreg() else None
            if file and 0 < member.size <= MAX_FILE_BYTES:
                yield member.name, file.read


def _suffix(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name[1:] else name.lower()


def _kind(path: str) -> str | None:
    return KIND_BY_SUFFIX.get(path.rsplit("/", 1)[-1].lower()) or KIND_BY_SUFFIX.get(_suffix(path))


def main() -> None:
    """Label all packages, drop copies, and write the table that `dataset.read_files` reads."""
    seen: set[bytes] = set()
    files: list[File] = []
    with ProcessPoolExecutor() as pool:
        for found in pool.map(_labelled, sorted(read_list())):
            for file in found:
                body = " ".join(file.text.split()).encode()
                digest = hashlib.blake2b(body, digest_size=16).digest()
                if digest not in seen:
                    seen.add(digest)
                    files.append(file)
    columns = {
        name: pa.array([getattr(file, name) for file in files], pa.large_string())
        for name in ("package", "path", "label", "text")
    }
    pq.write_table(pa.table(columns), FILES, compression="zstd")
    for name, count in Counter(file.label for file in files).most_common():
        packages = {file.package for file in files if file.label == name}
        print(f"{name}: {count} files of {len(packages)} packages")


def _labelled(package: Package) -> list[File]:
    """The labelled files of a package; none, with a message, if it cannot be read."""
    try:
        return label_files(package)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        print(f"{' '.join(package)}: {error}", file=sys.stderr)
        return []


if __name__ == "__main__":
    main()
