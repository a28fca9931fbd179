"""Archives are looked through as they come, and given up where something is wrong."""

import gzip
import io
import tarfile
from collections.abc import Iterator

import pytest

from codecorpus.pipelines.crawl.archive_validation import TooLargeError, receive
from codecorpus.pipelines.crawl.fetch_jobs import Stored
from codecorpus.pipelines.sources.archives import archive
from codecorpus.pipelines.sources.base import DamagedError
from tests.pipelines.crawl.fake_github import pack

COMMIT = "a" * 40


def take(content: bytes, *, most: int = 1 << 20, into: io.BytesIO | None = None) -> Stored:
    chunks = (content[at : at + 100] for at in range(0, len(content), 100))
    return receive(chunks, into, name="x", commit=COMMIT, most=most)


def test_what_is_in_an_archive_is_counted_and_kept_as_it_came() -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"
    modules = b'[submodule "a"]\n\tpath = a\n[submodule "b"]\n\tpath = b\n'
    files = {"a.py": b"x" * 5_000, "big.bin": pointer, ".gitmodules": modules}
    content, into = pack(files, "o-r-a", COMMIT), io.BytesIO()
    stored = take(content, into=into)
    assert into.getvalue() == content
    assert stored.archive_bytes == len(content)
    assert stored.unpacked_bytes == sum(map(len, files.values()))
    assert (stored.files, stored.lfs_pointers, stored.submodules) == (3, 1, 2)


def test_links_devices_and_paths_that_climb_are_no_harm() -> None:
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
    assert take(out.getvalue()).files == 3


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"<html>rate limited</html>", "no gzip came, but b'<html>rate"),
        (b"", "cut short"),
        (pack({"a.py": b"x" * 5_000}, "o-r", COMMIT)[:-20], "cut short"),
        (pack({"a.py": b""}, "o-r", "b" * 40), "of the commit bbbb"),
        (gzip.compress(b"no tar at all" * 100), "checksum|number"),
        (pack({"../other/a.py": b"", "x/../../b": b""}, "o-r", COMMIT)[:50], "cut short"),
    ],
    ids=["a page", "nothing", "without its end", "another commit", "no tar", "its beginning"],
)
def test_what_is_no_whole_archive_is_refused(content: bytes, detail: str) -> None:
    with pytest.raises(DamagedError, match=detail):
        take(content)


def test_several_folders_at_the_top_are_not_githubs() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in ("one/a.py", "two/a.py"):
            tar.addfile(tarfile.TarInfo(name))
    with pytest.raises(DamagedError, match="several folders"):
        take(out.getvalue())


def test_a_large_archive_is_given_up_while_it_comes() -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        compressed = gzip.compress(pack({"a": b""}, "o-r", COMMIT) * 1_000, 0)
        for at in range(0, len(compressed), 1_000):
            taken += 1_000
            yield compressed[at : at + 1_000]

    member = tarfile.TarInfo("o-r/large.py")
    member.size = 1 << 40
    content = gzip.compress(member.tobuf() + bytes(4_096))
    with pytest.raises(TooLargeError):
        take(content)
    with pytest.raises((TooLargeError, DamagedError)):
        receive(endless(), None, name="x", commit=COMMIT, most=5_000)
    assert taken <= 6_000


@pytest.mark.parametrize("after", [True, False], ids=["after its end", "before it"])
def test_a_small_archive_that_inflates_without_end_is_given_up_for_good(
    monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    monkeypatch.setattr(archive, "EXPANSION_BYTES", 8 << 20)
    zeros = gzip.compress(bytes(1 << 20)) * 60
    content = pack({"a.py": b"1\n"}, "o-r", COMMIT) + zeros if after else zeros
    with pytest.raises(TooLargeError):
        take(content, most=len(content) + 1)
