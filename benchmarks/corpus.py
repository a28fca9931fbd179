"""The input of the benchmarks: real source files of many languages, the same on one machine always.

The files of the running Python (standard library and installed packages) and of the pinned source
distributions in `corpus.txt`, so far as a suffix says their language, they are at most 1 MiB long,
valid UTF-8 and without NUL: what every peer can take. Their order is that of a hash of their names,
so each prefix is a fair sample; a peer that is slow gets a shorter one, and so do we beside it.

No language gets more than `MOST` of the bytes. Stored as one buffer, `blob.bin`, and `files.json`.
"""

import hashlib
import json
import sysconfig
import tarfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.paths import CORPUS
from benchmarks.source_distributions import download

LANGUAGES = {
    "C": ".c .h",
    "C#": ".cs",
    "C++": ".cc .cpp .cxx .hh .hpp .hxx",
    "CSS": ".css",
    "CUDA": ".cu .cuh",
    "Go": ".go",
    "HTML": ".html .htm",
    "Java": ".java",
    "JavaScript": ".js .mjs",
    "Kotlin": ".kt",
    "Lua": ".lua",
    "PHP": ".php",
    "Perl": ".pl .pm",
    "Python": ".py .pyi",
    "R": ".r .R",
    "Ruby": ".rb",
    "Rust": ".rs",
    "SQL": ".sql",
    "Scala": ".scala",
    "Shell": ".sh .bash",
    "Swift": ".swift",
    "TeX": ".tex",
    "TypeScript": ".ts .tsx",
}
"""Suffixes that leave no doubt, of the languages that a build knows."""

_BY_SUFFIX = {
    suffix: language for language, suffixes in LANGUAGES.items() for suffix in suffixes.split()
}
LARGEST = 1 << 20
MOST = 0.4
TARGET = 200_000_000
"""Bytes, if there are as many."""


@dataclass(frozen=True)
class File:
    """A file of the corpus: where it is from, and where in the buffer."""

    repository: str
    path: str
    language: str
    offset: int
    size: int


@dataclass(frozen=True)
class Sample:
    """A prefix of the corpus.

    Attributes:
        files: how many.
        size: their bytes.
        digest: SHA-256 of the lines `repository/path TAB size TAB sha256 of the bytes LF`.
    """

    files: int
    size: int
    digest: str


def prepare() -> None:
    """Gather the corpus unless it is there."""
    if (CORPUS / "files.json").exists():
        return
    CORPUS.mkdir(parents=True, exist_ok=True)
    found = sorted(
        {(repository, path): text for repository, path, text in _candidates()}.items(),
        key=lambda item: hashlib.sha256("/".join(item[0]).encode()).digest(),
    )
    budget = dict.fromkeys(LANGUAGES, int(MOST * TARGET))
    files: list[File] = []
    at = 0
    with (CORPUS / "blob.bin").open("wb") as blob:
        for (repository, path), text in found:
            language = _BY_SUFFIX[Path(path).suffix]
            if budget[language] < len(text) or at + len(text) > TARGET:
                continue
            budget[language] -= len(text)
            files.append(File(repository, path, language, at, len(text)))
            blob.write(text)
            at += len(text)
    (CORPUS / "files.json").write_text(json.dumps([asdict(file) for file in files]))


def load() -> list[File]:
    """The files, in order."""
    return [File(**entry) for entry in json.loads((CORPUS / "files.json").read_text())]


def sample(size: int) -> Sample:
    """The files at the beginning of the corpus that fill `size` bytes."""
    chosen = prefix(load(), size)
    digest = hashlib.sha256()
    with (CORPUS / "blob.bin").open("rb") as blob:
        for file in chosen:
            content = hashlib.sha256(blob.read(file.size)).hexdigest()
            digest.update(f"{file.repository}/{file.path}\t{file.size}\t{content}\n".encode())
    return Sample(len(chosen), sum(file.size for file in chosen), digest.hexdigest())


def prefix(files: list[File], size: int) -> list[File]:
    """The first files of together at most `size` bytes; at least one."""
    total = 0
    for count, file in enumerate(files):
        total += file.size
        if total > size:
            return files[: max(count, 1)]
    return files


def usable(text: bytes) -> bool:
    """Whether every peer can take a file."""
    if not 0 < len(text) <= LARGEST or b"\0" in text:
        return False
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _candidates() -> Iterator[tuple[str, str, bytes]]:
    for root in (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")):
        yield from _folder(Path(root))
    for archive in download():
        yield from _archive(archive)


def _folder(root: Path) -> Iterator[tuple[str, str, bytes]]:
    for path in root.rglob("*"):
        inner = path.relative_to(root)
        nested = "site-packages" in inner.parts  # of the standard library's folder
        if path.suffix in _BY_SUFFIX and len(inner.parts) > 1 and not nested and path.is_file():
            text = path.read_bytes()
            if usable(text):
                yield inner.parts[0], "/".join(inner.parts[1:]), text


def _archive(path: Path) -> Iterator[tuple[str, str, bytes]]:
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            if member.isfile() and Path(name).suffix in _BY_SUFFIX:
                file = archive.extractfile(member)
                text = file.read() if file else b""
                if usable(text):
                    yield path.name.removesuffix(".tar.gz"), name, text
