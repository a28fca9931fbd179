"""Headers that tarfile writes, and headers that are damaged."""

import io
import tarfile
from typing import Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.sources.archives.stream_buffer import StreamBuffer
from codecorpus.pipelines.sources.archives.tar_headers import (
    FOLDERS,
    LINKS,
    SPECIAL,
    Header,
    next_header,
)
from codecorpus.pipelines.sources.base import DamagedError

END = bytes(1_024)
names = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=400
).filter(lambda name: not name.endswith("/"))


class Whole:
    """A stream of one chunk."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def chunk(self) -> bytes:
        return self._file.read()

    def skip(self, size: int) -> int:  # noqa: ARG002
        return 0


def parse(data: bytes) -> Header | None:
    return next_header(StreamBuffer(Whole(data)))


@settings(deadline=None)
@given(
    names,
    st.integers(0, 1 << 40),
    st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
    st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.FIFOTYPE]),
)
def test_any_member_that_tarfile_writes_is_read(
    name: str, size: int, form: Literal[1, 2], kind: bytes
) -> None:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.size = size if kind == tarfile.REGTYPE else 0
    header = parse(info.tobuf(form, "utf-8", "surrogateescape") + END)
    assert header is not None
    assert header.name.rstrip(b"/") == name.encode()
    assert header.size == info.size
    assert (header.kind in FOLDERS) is (kind == tarfile.DIRTYPE)
    assert (header.kind in LINKS) is (kind == tarfile.SYMTYPE)
    assert (header.kind in SPECIAL) is (kind == tarfile.FIFOTYPE)
    assert not header.is_sparse


def test_a_block_of_zeros_ends_the_archive() -> None:
    assert parse(END) is None


def test_an_archive_without_its_end_is_truncated() -> None:
    with pytest.raises(DamagedError, match="end-of-archive mark is missing"):
        parse(b"")


@given(st.integers(0, 511), st.integers(1, 255))
def test_a_changed_byte_breaks_the_checksum(at: int, change: int) -> None:
    block = bytearray(tarfile.TarInfo("a.py").tobuf(tarfile.USTAR_FORMAT))
    block[at] ^= change
    try:
        header = parse(bytes(block) + END)
    except DamagedError:
        return
    # Only a change within the blanks and zeros of the checksum's own field can go unnoticed.
    assert 148 <= at < 156
    assert header is not None
    assert header.name == b"a.py"
