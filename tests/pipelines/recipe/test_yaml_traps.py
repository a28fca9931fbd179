"""Values that YAML does not read as they look are refused; its other features work in recipes."""

from collections.abc import Callable

import pytest

from codecorpus.pipelines.recipe.loader import loads

One = Callable[[str], str]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("languages: [C]\nlanguages: [Go]", "4: the key `languages` occurs twice, first in line 3"),
        ("encode: {packing: pad, packing: pad}", "3: the key `packing` occurs twice"),
        ("part_bytes: 0100", "3: got `0100`, which YAML does not read as it looks"),
        ("part_bytes: 10:24", "3: got `10:24`, which YAML does not read as it looks"),
        ("part_bytes: " + "9" * 5_000, "which cannot be read as int"),
        (
            "encode: !!python/name:os.system {}",
            "got a value of the type `tag:yaml.org,2002:python/name:os.system`",
        ),
        ("encode: !!set {}", "got a value of the type `tag:yaml.org,2002:set`"),
        ("deduplicate: {exact: !!bool maybe}", "got `maybe`, which cannot be read as bool"),
        (
            "encode: {vocabulary: !!binary aGk=}",
            "got a value of the type `tag:yaml.org,2002:binary`",
        ),
        ("encode: {vocabulary: no}", "got `no`, which YAML reads as false; expected `gpt2` or"),
        ("encode: {vocabulary: null}", "got `null`; expected `gpt2` or a path"),
    ],
)
def test_an_ambiguous_value_is_refused_with_its_line(
    mistakes: Callable[[str], list[str]], text: str, expected: str
) -> None:
    found = mistakes(f"name: x\nsources: [{{type: folder, paths: [src]}}]\n{text}\n")
    assert any(expected in line for line in found), found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", " the file is empty; expected a mapping of keys, at least `sources`"),
        ("- a\n", "1: got a list; expected a mapping of keys, at least `sources`"),
    ],
)
def test_a_file_without_keys_is_refused(
    mistakes: Callable[[str], list[str]], text: str, expected: str
) -> None:
    assert mistakes(text) == [expected]


def test_a_list_as_a_key_is_refused(mistake: One) -> None:
    assert mistake("? [a]\n: 1") == "3: got a list or mapping as a key; expected a name"


def test_a_key_is_always_text(mistake: One) -> None:
    assert "unknown key `no`" in mistake("no: 1")
    assert "unknown key `1`" in mistake("1: 1")


def test_a_date_is_text() -> None:
    assert loads("name: 2024-01-01\nsources: [{type: folder, paths: [2024-01-02]}]").name == (
        "2024-01-01"
    )


def test_underscores_and_hexadecimal_are_numbers() -> None:
    text = "name: x\nsources: [{type: folder, paths: [x]}]\npart_bytes: 1_024\n"
    assert loads(text).part_bytes == 1_024
    assert loads(text.replace("1_024", "0x400")).part_bytes == 1_024


def test_yes_and_no_are_true_and_false() -> None:
    text = "name: x\nsources: [{type: folder, paths: [x]}]\ndeduplicate: {exact: no, near: off}\n"
    assert loads(text).deduplicate.exact is False
    assert loads(text).deduplicate.near is False


def test_a_byte_order_mark_is_skipped() -> None:
    assert loads("\ufeffname: x\nsources: [{type: folder, paths: [x]}]\n").name == "x"


def test_anchors_aliases_and_merge_keys_work() -> None:
    recipe = loads("""\
name: x
sources:
  - &one {type: folder, paths: &paths [a], min_stars: 3}
  - {<<: *one, name: two, min_stars: 4}
  - {type: folder, name: three, paths: *paths}
""")
    assert [source.min_stars for source in recipe.sources] == [3, 4, None]
    assert {source.paths for source in recipe.sources} == {("a",)}
