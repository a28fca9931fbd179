import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.io.filenames import (
    archive_kind,
    decode_name,
    encode_name,
    is_ignored,
    leaves_folder,
)

AWKWARD = st.lists(
    st.sampled_from([b"\\", b"x", b"f", b"0", b"\xff", b"\xc3", b"\xa9", b"\xed\xa0\x80", b"\n"])
).map(b"".join)


@settings(deadline=None)
@given(st.binary() | AWKWARD)
def test_unspell_gives_the_bytes_back(raw: bytes) -> None:
    assert encode_name(decode_name(raw)) == raw


@settings(deadline=None)
@given(st.binary() | AWKWARD, st.binary() | AWKWARD)
def test_two_names_are_never_spelled_alike(one: bytes, other: bytes) -> None:
    assert (decode_name(one) == decode_name(other)) == (one == other)


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("naïve/日本\n.py".encode(), "naïve/日本\n.py"),
        (b"caf\xe9.py", "caf\\xe9.py"),
        (b"a\\xe9", "a\\\\xe9"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),  # a surrogate is not UTF-8
    ],
)
def test_spelling(raw: bytes, text: str) -> None:
    assert decode_name(raw) == text


@pytest.mark.parametrize("text", ["a\\b", "\\x41", "\\xE9", "\\xc3\\xa9", "\ud800"])
def test_a_name_that_spell_never_writes_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a name"):
        encode_name(text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (b"foo-1.0.tar.gz", ("tar", b"foo-1.0")),
        (b"FOO.TGZ", ("tar", b"FOO")),
        (b"foo.tar", ("tar", b"foo")),
        (b"a.b.Zip", ("zip", b"a.b")),
        (b"pkg-1-py3-none-any.whl", ("zip", b"pkg-1-py3-none-any")),
        (b"foo.tar.xz", None),
        (b"foo.gz", None),
        (b".zip", None),
        (b"zip", None),
    ],
)
def test_archives_are_known_by_name(name: bytes, expected: tuple[str, bytes] | None) -> None:
    assert archive_kind(name) == expected


@pytest.mark.parametrize("path", [b"/etc/x", b"../x", b"a/../../x", b"a/..", b"a\\..\\x"])
def test_absolute_and_climbing_paths_escape(path: bytes) -> None:
    assert leaves_folder(path)


@pytest.mark.parametrize("path", [b"a..b", b"...", b"./a", b"a/..b/c", b"a\\b"])
def test_dots_in_names_do_not_escape(path: bytes) -> None:
    assert not leaves_folder(path)


def test_version_control_is_ignored_at_any_depth_and_nothing_else() -> None:
    assert all(map(is_ignored, [b".git", b"a/.git/config", b"a/b/__pycache__/c.pyc", b".hg/x"]))
    assert not any(map(is_ignored, [b".github/x.yml", b".gitignore", b"a.git/x", b"git"]))
