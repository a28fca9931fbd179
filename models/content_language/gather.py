"""Label the files of the fetched packages by path: `python -m models.content_language.gather`.

Each package gives at most `MOST` files of a language, half as many headers and `MOST_OTHER` of each
other kind, those whose paths hash lowest. Copies of other projects are left out by the names of
their folders, and of files that are alike but for white space one stays. Files are UTF-8 and of at
most 512 KiB. What the path says is then checked by the content (`checking`).
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
from models.content_language.label_checks import holds
from models.content_language.other_kinds import KIND_OF
from models.content_language.packages import Package, listed
from models.content_language.paths import FILES

MOST = 90
MOST_OTHER = 16
LARGEST = 512 << 10
SPARE = 1.25
"""How many times as many are read, since some fall away."""

_VENDORED = re.compile(
    r"(^|/)(node_modules|\.git|\.pc|third_party|thirdparty|3rdparty|vendor|externals?|bundled|deps|"
    r"extern)/|\.min\.(js|css)$|(^|/)(configure|config\.predict_broad|config\.sub|install-sh|depcomp|libtool|"
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


def label(package: Package) -> list[File]:
    """The files of a package whose labels hold, at most so many of each."""
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
    good = holds(
        [file.label for file in named],
        [file.suffix for file in named],
        pa.array([file.text for file in named], pa.large_string()),
    )
    counts: Counter[tuple[str, bool]] = Counter()
    kept = []
    for file, fine in zip(named, good, strict=True):
        header = file.suffix == "h"
        most = MOST_OTHER if file.label.startswith("other:") else MOST // 2 if header else MOST
        if fine and counts[file.label, header] < most:
            counts[file.label, header] += 1
            kept.append(file)
    return kept


def _read(package: Package) -> Iterator[tuple[str, str]]:
    """Paths and texts of the files whose names say something, some of each suffix."""
    heaps: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for archive in package.archives:
        for path, read in _members(archive):
            if _VENDORED.search(path) or _suffix(path) in _TEMPLATES:
                continue
            heap = heaps[_suffix(path)]
            most = int(SPARE * (MOST_OTHER if _kind(path) else MOST))
            rank = -int.from_bytes(hashlib.blake2b(path.encode(), digest_size=8).digest(), "big")
            if len(heap) >= most and rank < heap[0][0]:
                continue
            try:
                text = read().decode()
            except UnicodeDecodeError:
                continue
            if "\0" not in text:
                (heapq.heappush if len(heap) < most else heapq.heapreplace)(
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
                if not info.is_dir() and 0 < info.file_size <= LARGEST:
                    yield info.filename, lambda info=info: bundle.read(info)  # type: ignore[misc]
        return
    with tarfile.open(archive, "r|*") as tar:
        for member in tar:
            file = tar.extractfile(member) if member.isreg() else None
            if file and 0 < member.size <= LARGEST:
                yield member.name, file.read


def _suffix(path: str) -> str:
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name[1:] else name.lower()


def _kind(path: str) -> str | None:
    return KIND_OF.get(path.rsplit("/", 1)[-1].lower()) or KIND_OF.get(_suffix(path))


def main() -> None:
    """Label all packages, drop what is alike, and write the table that `files.read` reads."""
    seen: set[bytes] = set()
    files: list[File] = []
    with ProcessPoolExecutor() as pool:
        for found in pool.map(_labelled, sorted(listed())):
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
    """Of a package that cannot be read nothing is taken, and that is said."""
    try:
        return label(package)
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        print(f"{' '.join(package)}: {error}", file=sys.stderr)
        return []


if __name__ == "__main__":
    main()
