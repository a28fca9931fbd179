"""The input of the benchmarks: real source files of many languages, always the same on one machine.

The files of the running Python (standard library and installed packages) and of the pinned source
distributions in `corpus.txt` whose suffix tells their language, and which every peer can read: at
most 1 MiB, valid UTF-8, without NUL. They are sorted by a hash of their names, so each prefix is a
fair sample. A slow peer gets a shorter prefix, and our side gets the same one.

No language has more than `MAX_LANGUAGE_SHARE` of the bytes. The corpus is stored as one buffer,
`blob.bin`, and `files.json`.
"""

import hashlib
import json
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.paths import ARCHIVES, CORPUS, HERE
from codecorpus.foundation.build_backends import stub_environment

SUFFIXES = {
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
"""Unambiguous suffixes of languages that a build recognises."""

_BY_SUFFIX = {
    suffix: language for language, suffixes in SUFFIXES.items() for suffix in suffixes.split()
}
MAX_FILE_BYTES = 1 << 20
MAX_LANGUAGE_SHARE = 0.4
CORPUS_BYTES = 200_000_000
"""The size of the corpus, or less if there are fewer files."""


@dataclass(frozen=True)
class File:
    """A file of the corpus: its origin, and its position in the buffer."""

    repository: str
    path: str
    language: str
    offset: int
    size: int


@dataclass(frozen=True)
class Sample:
    """A prefix of the corpus.

    Attributes:
        files: number of files.
        size: bytes in all files.
        digest: SHA-256 of the lines `repository/path TAB size TAB sha256 of the bytes LF`.
    """

    files: int
    size: int
    digest: str


def prepare() -> None:
    """Collect the corpus unless it exists."""
    if (CORPUS / "files.json").exists():
        return
    CORPUS.mkdir(parents=True, exist_ok=True)
    found = sorted(
        {(repository, path): text for repository, path, text in _candidates()}.items(),
        key=lambda item: hashlib.sha256("/".join(item[0]).encode()).digest(),
    )
    budget = dict.fromkeys(SUFFIXES, int(MAX_LANGUAGE_SHARE * CORPUS_BYTES))
    files: list[File] = []
    at = 0
    with (CORPUS / "blob.bin").open("wb") as blob:
        for (repository, path), text in found:
            language = _BY_SUFFIX[Path(path).suffix]
            if budget[language] < len(text) or at + len(text) > CORPUS_BYTES:
                continue
            budget[language] -= len(text)
            files.append(File(repository, path, language, at, len(text)))
            blob.write(text)
            at += len(text)
    (CORPUS / "files.json").write_text(json.dumps([asdict(file) for file in files]))


def load() -> list[File]:
    """The files of the corpus, in order."""
    return [File(**entry) for entry in json.loads((CORPUS / "files.json").read_text())]


def sample(size: int) -> Sample:
    """Describe the prefix of the corpus that has at most `size` bytes."""
    chosen = prefix(load(), size)
    digest = hashlib.sha256()
    with (CORPUS / "blob.bin").open("rb") as blob:
        for file in chosen:
            content = hashlib.sha256(blob.read(file.size)).hexdigest()
            digest.update(f"{file.repository}/{file.path}\t{file.size}\t{content}\n".encode())
    return Sample(len(chosen), sum(file.size for file in chosen), digest.hexdigest())


def prefix(files: list[File], size: int) -> list[File]:
    """The longest prefix of at most `size` bytes; at least one file."""
    total = 0
    for count, file in enumerate(files):
        total += file.size
        if total > size:
            return files[: max(count, 1)]
    return files


def usable(text: bytes) -> bool:
    """Whether every peer can read a file of this content."""
    if not 0 < len(text) <= MAX_FILE_BYTES or b"\0" in text:
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


def download() -> list[Path]:
    """The archives of `corpus.txt`, downloaded with pip if one is missing, and never built.

    Raises:
        RuntimeError: the download failed; the message has pip's errors.
    """
    requirements = HERE / "corpus.txt"
    pins = re.findall(r"^([\w.-]+)==(\S+)", requirements.read_text("utf-8"), re.MULTILINE)
    # the file names of source distributions (PEP 625)
    names = [f"{name.replace('-', '_').lower()}-{version}.tar.gz" for name, version in pins]
    archives = [ARCHIVES / name for name in names]
    if all(path.exists() for path in archives):
        return archives
    ARCHIVES.mkdir(parents=True, exist_ok=True)
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--use-pep517"]
    options += ["--no-binary=:all:", f"--dest={ARCHIVES}", f"--requirement={requirements}"]
    with tempfile.TemporaryDirectory() as backends:
        done = subprocess.run(
            [sys.executable, "-m", "pip", "download", *options],
            env=stub_environment(Path(backends)),
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"pip download of {requirements}: {done.stderr.strip()[-2000:]}")
    return archives


def _folder(root: Path) -> Iterator[tuple[str, str, bytes]]:
    for path in root.rglob("*"):
        inner = path.relative_to(root)
        nested = "site-packages" in inner.parts  # inside the standard library's folder
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
