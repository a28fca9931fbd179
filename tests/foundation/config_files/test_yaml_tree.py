"""YAML is parsed into a tree with the line of each value; traps of YAML are refused."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.config_files.errors import ConfigError, Mistake, SourceLine
from codecorpus.foundation.config_files.yaml_tree import (
    MAX_BYTES,
    describe_value,
    list_of,
    read,
    read_value,
)


def message(data: bytes) -> str:
    mistakes: list[Mistake] = []
    with pytest.raises(ConfigError) as caught:
        read(data, "f", 0, mistakes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "f: the file is empty; expected a mapping of keys"),
        (b"# only a comment\n", "f: the file is empty"),
        (b"\n- a\n- b\n", "f:2: got a list; expected a mapping of keys"),
        (b"word\n", "f:1: got `word`; expected a mapping of keys"),
        (b"a:\n\tb: 1\n", "f:2: not YAML: "),
        (b"a:\n\tb: 1\n", "; indent with spaces, not with tabs"),
        (b"a: 1\nb: caf\xe9\n", "f:2: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("a: 1".encode("utf-16"), "f:1: byte 0xff is not UTF-8"),
        (b"a: 1\nb: \x00\n", "f:2: got the character U+0000, which YAML does not allow"),
        (b"paths: [*.py]\n", "; a value that begins with `*` needs quotes"),
        (b"a: *b\n", "; a value that begins with `*` needs quotes"),
        (b"a: 1\n---\nb: 1\n", "f:2: not YAML: "),
        (b"a: 1\n---\nb: 1\n", "; the file must be one document"),
        (b"a: b: c\n", "; write `key: value`"),
        (b"a: [1\n", "f:2: not YAML: "),
        (b"a: &a [*a]\n", "f:1: this value contains itself through an alias"),
        (b"[" * 5_000 + b"]" * 5_000, "f: lists or mappings are nested too deeply"),
        (b"a: 1\n" * MAX_BYTES, "more than 1,048,576 bytes; expected a small YAML file"),
        (
            b"a: &a [1,1,1,1,1,1,1,1,1,1]\n"
            + b"".join(
                f"{name}: &{name} [{','.join([f'*{below}'] * 10)}]\n".encode()
                for below, name in zip("abcdef", "bcdefg", strict=True)
            ),
            "more than 100,000 values",
        ),
    ],
)
def test_a_text_that_is_not_a_yaml_mapping_is_refused(data: bytes, expected: str) -> None:
    assert expected in message(data)


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
)
def test_no_file_causes_another_error(data: bytes) -> None:
    mistakes: list[Mistake] = []
    with suppress(ConfigError):  # any other error fails the test
        assert isinstance(read(data, "f", 0, mistakes).value, dict)


def test_each_value_has_the_line_of_its_key() -> None:
    tree = read(b"a:\n  b: 1\nc:\n- 2\n- 3\n", "f", 0, [])
    assert isinstance(tree.value, dict)
    entry = tree.value["a"].value
    items = tree.value["c"].value
    assert isinstance(entry, dict)
    assert isinstance(items, list)
    assert (tree.value["a"].line.number, entry["b"].line.number) == (1, 2)
    assert [item.line.number for item in items] == [4, 5]
    assert tree.plain() == {"a": {"b": 1}, "c": [2, 3]}


def test_mistakes_that_do_not_prevent_reading_are_collected() -> None:
    mistakes: list[Mistake] = []
    tree = read(b"a: 010\na: 2\n", "f", 1, mistakes)
    assert tree.plain() == {"a": 2}
    assert sorted(str(each).split(";")[0] for each in mistakes) == [
        "f:1: got `010`, which YAML does not read as it looks",
        "f:2: the key `a` occurs twice, first in line 1",
    ]
    assert {each.line.depth for each in mistakes} == {1}


@pytest.mark.parametrize(
    ("text", "plain"), [("1e3", "1e3"), ("[a, 2]", ["a", 2]), ("{b: no}", {"b": False}), ("", None)]
)
def test_a_single_value_is_read_without_lines(text: str, plain: object) -> None:
    line = SourceLine(0, "--set", 0)
    node = read_value(text, line, [])
    assert node.plain() == plain
    assert node.line == line


@pytest.mark.parametrize(
    ("text", "description"),
    [
        ("word", "`word`"),
        ("'word'", '"word"'),
        ("no", "`no`, which YAML reads as false"),
        ("~", "`~`, which YAML reads as null"),
        ("1.50", "`1.50`"),
        ("", "nothing"),
        ("[]", "an empty list"),
        ("[1]", "a list"),
        ("{}", "an empty mapping"),
        ("{a: 1}", "a mapping"),
        ("x" * 100, f"`{'x' * 57}...`"),
    ],
)
def test_a_value_is_described_as_written(text: str, description: str) -> None:
    assert describe_value(read_value(text, SourceLine(0, "f", 1), [])) == description


def test_a_list_can_be_made_of_texts() -> None:
    assert list_of(["1", "no"], SourceLine(0, "--input", 0)).plain() == ["1", "no"]
