"""Archives are validated while they arrive and abandoned at the first fault."""

import gzip
import io
import tarfile
from collections.abc import Iterator

import pytest

from codecorpus.pipelines.crawl.archive_validation import ArchiveTooLargeError, validate_archive
from codecorpus.pipelines.crawl.fetch_jobs import StoredArchive
from codecorpus.pipelines.sources.archives import archive
from codecorpus.pipelines.sources.base import DamagedError
from tests.pipelines.crawl.fake_github import pack

COMMIT = "a" * 40


def validate(
    content: bytes, *, max_bytes: int = 1 << 20, copy_to: io.BytesIO | None = None
) -> StoredArchive:
    chunks = (content[at : at + 100] for at in range(0, len(content), 100))
    return validate_archive(chunks, copy_to, name="x", commit=COMMIT, max_bytes=max_bytes)


def test_contents_are_counted_and_bytes_are_copied_unchanged() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    modules = b'[submodule "a"]\n\tpath = a\n[submodule "b"]\n\tpath = b\n'
    files = {"a.py": b"x" * 5_000, "big.bin": pointer, ".gitmodules": modules}
    content, copy = pack(files, "o-r-a", COMMIT), io.BytesIO()
    stored = validate(content, copy_to=copy)
    assert copy.getvalue() == content
    assert stored.archive_bytes == len(content)
    assert stored.unpacked_bytes == sum(map(len, files.values()))
    assert (stored.files, stored.lfs_pointers, stored.submodules) == (3, 1, 2)


def test_links_devices_and_unsafe_paths_are_harmless() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, kind in [
            ("top/link", tarfile.SYMTYPE),
            ("top/device", tarfile.CHRTYPE),
            ("../up.py", tarfile.REGTYPE),
            ("/etc/passwd", tarfile.REGTYPE),
            ("top/caf\udce9.py", tarfile.REGTYPE),
        ]:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            tar.addfile(member)
    assert validate(out.getvalue()).files == 3


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"<html>rate limited</html>", "expected gzip, got b'<html>rate"),
        (b"", "truncated"),
        (pack({"a.py": b"x" * 5_000}, "o-r", COMMIT)[:-20], "truncated"),
        (pack({"a.py": b""}, "o-r", "b" * 40), "expected commit a+, got bbbb"),
        (gzip.compress(b"not a tar" * 100), "checksum|number"),
        (pack({"../other/a.py": b"", "x/../../b": b""}, "o-r", COMMIT)[:50], "truncated"),
    ],
    ids=["HTML", "empty", "truncated", "other commit", "not a tar", "first bytes only"],
)
def test_incomplete_or_wrong_archives_are_refused(content: bytes, detail: str) -> None:
    with pytest.raises(DamagedError, match=detail):
        validate(content)


def test_several_top_level_folders_are_refused() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in ("one/a.py", "two/a.py"):
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(DamagedError, match="one top-level folder, got several"):
        validate(out.getvalue())


def test_a_large_archive_is_abandoned_while_it_arrives() -> None:
    received = 0

    def endless() -> Iterator[bytes]:
        nonlocal received
        compressed = gzip.compress(pack({"a": b""}, "o-r", COMMIT) * 1_000, 0)
        for at in range(0, len(compressed), 1_000):
            received += 1_000
            yield compressed[at : at + 1_000]

    member = tarfile.TarInfo("o-r/large.py")
    member.size = 1 << 40
    content = gzip.compress(member.tobuf() + bytes(4_096))
    with pytest.raises(ArchiveTooLargeError):
        validate(content)
    with pytest.raises((ArchiveTooLargeError, DamagedError)):
        validate_archive(endless(), None, name="x", commit=COMMIT, max_bytes=5_000)
    assert received <= 6_000


@pytest.mark.parametrize("after", [True, False], ids=["after the archive", "instead of it"])
def test_a_decompression_bomb_is_too_large_rather_than_damaged(
    monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    monkeypatch.setattr(archive, "EXPANSION_BYTES", 8 << 20)
    zeros = gzip.compress(bytes(1 << 20)) * 60
    content = pack({"a.py": b"1\n"}, "o-r", COMMIT) + zeros if after else zeros
    with pytest.raises(ArchiveTooLargeError):
        validate(content, max_bytes=len(content) + 1)
