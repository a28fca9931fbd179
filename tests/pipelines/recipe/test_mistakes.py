"""Messages about wrong values have the line, the value found, the value expected, and a hint."""

from collections.abc import Callable

import pytest

One = Callable[[str], str]
All = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "part_byte: 1",
            "3: unknown key `part_byte`; expected name, languages, language_confidence, ",
        ),
        ("part_byte: 1", "; did you mean `part_bytes`?"),
        ("Part-Bytes: 1", "; did you mean `part_bytes`?"),
        ("extend: x", "; did you mean `extends`?"),
        ("threshold: 0.7", "; `threshold` belongs in deduplicate.near"),
        (
            "deduplicate: {packing: pad}",
            "deduplicate: unknown key `packing`; expected exact, near,",
        ),
        ("deduplicate: {packing: pad}", "; `packing` belongs in encode"),
        ("encode:\n  packin: pad", "4: encode: unknown key `packin`; expected vocabulary,"),
        (
            "filters:\n  file_size:\n    mux: 1",
            "5: filters.file_size: unknown key `mux`; expected min, max, languages; did you mean "
            "`max`?",
        ),
    ],
)
def test_an_unknown_key_is_refused_with_the_known_ones(
    mistake: One, text: str, expected: str
) -> None:
    assert expected in mistake(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'part_bytes: "1024"',
            '3: part_bytes: got "1024"; expected a whole number of bytes from 1 to 1073741824; '
            "drop the quotes: 1024",
        ),
        ("part_bytes: 10 MB", "got `10 MB`; expected a whole number of bytes"),
        ("part_bytes: 10 MB", "; write 10485760, in bytes (1 KB is 1,024)"),
        ("part_bytes: 0.5GiB", "; write 536870912, in bytes"),
        ("part_bytes: 512 bytes", "; write 512, in bytes"),
        ("part_bytes: 1,024", "; write 1024"),
        (
            "part_bytes: 1e6",
            "got `1e6`; expected a whole number of bytes from 1 to 1073741824; write 1000000",
        ),
        ("part_bytes: 1024.0", "; write 1024"),
        ("part_bytes: many", "got `many`; expected a whole number of bytes from 1 to 1073741824"),
        ("part_bytes: 0", "got `0`; expected a whole number of bytes from 1 to 1073741824"),
        ("part_bytes: -1", "got `-1`; expected"),
        ("part_bytes: 1073741825", "got `1073741825`; expected"),
        ("part_bytes: true", "got `true`; expected a whole number"),
        ("part_bytes: .nan", "got `.nan`; expected a whole number"),
        ("part_bytes:", "got nothing; expected a whole number"),
        ("part_bytes: [1]", "got a list; expected a whole number"),
        ("part_bytes: {a: 1}", "got a mapping; expected a whole number"),
        (
            "encode: {sequence_length: 63}",
            "3: encode.sequence_length: got `63`; expected a whole "
            "number of ids from 64 to 1048576",
        ),
        (
            "deduplicate: {near: {permutations: 20}}",
            "deduplicate.near.permutations: got `20`; "
            "expected a whole number from 16 to 1024, a multiple of 8",
        ),
        (
            "deduplicate: {near: {threshold: 0}}",
            "deduplicate.near.threshold: got `0`; expected a number above 0 and up to 1",
        ),
        ("deduplicate: {near: {threshold: 85%}}", "; write 0.85"),
        ("deduplicate: {near: {ngram: 33}}", "expected a whole number of tokens from 1 to 32"),
        (
            "filters: {digit_ratio: {max: 20}}",
            "filters.digit_ratio.max: got `20`; expected a "
            "number, a share of the characters, from 0 to 1, or `null`",
        ),
        ("filters: {file_size: {max: 100 KB}}", "; write 102400, in bytes"),
        ("filters: {file_size: {max: 5}}", "filters.file_size: min 1024 is above max 5"),
    ],
)
def test_a_wrong_number_is_refused_with_its_bounds(mistake: One, text: str, expected: str) -> None:
    assert expected in mistake(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "encode: {packing: concta}",
            "3: encode.packing: got `concta`; expected one of `pad`, "
            "`concat`, `best_fit`; did you mean `concat`?",
        ),
        ("encode: {packing: best-fit}", "; did you mean `best_fit`?"),
        ("encode: {packing: 1}", "got `1`; expected one of `pad`, `concat`, `best_fit`"),
        ("encode: {vocabulary: 5}", "got `5`; expected `gpt2` or a path; put text in quotes"),
        ("deduplicate: {exact: 1}", "deduplicate.exact: got `1`; expected `true` or `false`"),
        ('deduplicate: {exact: "yes"}', 'got "yes"; expected `true` or `false`'),
        (
            "deduplicate: {near: true}",
            "deduplicate.near: got `true`; expected `false` or a mapping (`{}` for the defaults)",
        ),
        ("deduplicate: {near: 0}", "got `0`; expected `false` or a mapping"),
        ("deduplicate: {near:}", "got nothing; expected `false` or a mapping"),
        (
            "deduplicate: {prefer: [star]}",
            "deduplicate.prefer[0]: got `star`; expected one of "
            "`source`, `stars`, `license`, `size`; did you mean `stars`?",
        ),
        ("deduplicate: {prefer: [size, size]}", "deduplicate.prefer[1]: `size` occurs twice"),
        (
            "languages: Python",
            "languages: got `Python`; expected `all` or a list of languages; "
            "write [Python] for one language",
        ),
        ("languages: []", "got an empty list; expected `all` or a list of languages"),
        (
            "languages: [Pyton]",
            "languages[0]: got `Pyton`; expected the name of a language; did you mean `Python`?",
        ),
        (
            "languages: [C, cpp]",
            "languages[1]: got `cpp`; expected the name of a language; did you mean `C++`?",
        ),
        ("languages: [C, javascript]", "; did you mean `JavaScript`?"),
        ("languages: [Klingonian]", "; known: C++, Python, Java,"),
        ("languages: [C, C]", "languages[1]: `C` occurs twice in the list"),
        ("languages: [1]", "languages[0]: got `1`; expected the name of a language"),
        ("filters: [file_size]", "filters: got a list; expected a mapping of rules"),
        (
            "filters: {file_siz: {}}",
            "filters: unknown key `file_siz`; expected file_size, mean_line_length, longest_line, "
            "alphabet_ratio, digit_ratio, whitespace_ratio, autogenerated; did you mean "
            "`file_size`?",
        ),
        (
            "filters: {xyz: false}",
            "filters: unknown key `xyz`; expected file_size, mean_line_length,",
        ),
        (
            "filters: {file_size: }",
            "filters.file_size: got nothing; expected a mapping: `{}` for the rule's defaults, or "
            "`false` to leave the rule out",
        ),
        (
            "filters: {file_size: true}",
            "filters.file_size: got `true`; expected a mapping",
        ),
        ("filters: {file_size: 5}", "filters.file_size: got `5`; expected a mapping"),
        (
            "filters: {file_size: {languages: {Htm: {}}}}",
            "filters.file_size.languages.Htm: got "
            "`Htm`; expected the name of a language; did you mean `HTML`?",
        ),
        (
            "filters: {file_size: {languages: [C]}}",
            "got a list; expected a mapping of languages to {min, max}",
        ),
        ("deduplicate: [near]", "deduplicate: got a list; expected a mapping"),
        ("encode:", "encode: got nothing; expected a mapping"),
        ("extends: codegeex", "unknown key `extends`"),
        (
            "filters: {autogenerated: {allow: [xyz]}}",
            "3: filters.autogenerated.allow[0]: got ",
        ),
        ("filters: {autogenerated: {allow: 5}}", "allow: got `5`; expected a list"),
    ],
)
def test_a_wrong_choice_is_refused_with_the_valid_ones(
    mistake: One, text: str, expected: str
) -> None:
    assert expected in mistake(text)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "{type: foldr, paths: [x]}",
            "sources[0].type: got `foldr`; expected one of `folder`, `pile`, `codeparrot`, "
            "`github`; did you mean `folder`?",
        ),
        ("{type: pile}", "sources[0].paths is missing; expected a list of at least one path"),
        (
            "{type: gitlab}",
            "got `gitlab`; expected one of `folder`, `pile`, `codeparrot`, `github`",
        ),
        ("{type: [pile]}", "sources[0].type: got a list; expected one of `folder`, `pile`"),
        ("{type: 3}", "sources[0].type: got `3`; expected one of `folder`"),
        ("{paths: [x]}", "sources[0].type is missing; expected one of `folder`, `pile`"),
        ("{type: folder}", "sources[0].paths is missing; expected a list of at least one path"),
        ("~/src", "sources[0]: got `~/src`; expected a mapping"),
        (
            "{type: folder, paths: []}",
            "sources[0].paths: got an empty list; expected a list of at least one path",
        ),
        (
            "{type: folder, paths: ~/src}",
            "got `~/src`; expected a list of at least one path; write [~/src]",
        ),
        (
            "{type: folder, paths: [~]}",
            "sources[0].paths[0]: got `~`, which YAML reads as null; "
            "expected a path; put text in quotes",
        ),
        ("{type: folder, paths: ['']}", 'sources[0].paths[0]: got ""; expected a path'),
        (
            "{type: folder, paths: [{stdlib}]}",
            "got a mapping; expected a path; YAML takes braces "
            'for a mapping: write "{stdlib}" in quotes',
        ),
        (
            "{type: folder, paths: ['{stdlb}/x']}",
            "got `{stdlb}`; expected a path or one of "
            "{stdlib}, {site-packages}, {include}; did you mean `{stdlib}`?",
        ),
        ('{type: folder, paths: ["a\\0"]}', "a path cannot contain the character NUL"),
        (
            "{type: folder, paths: [x], unknown: drp}",
            "sources[0].unknown: got `drp`; expected one of `keep`, `drop`; did you mean `drop`?",
        ),
        (
            "{type: folder, paths: [x], min_stars: -1}",
            "got `-1`; expected a whole number of stars, at least 0, or `null`",
        ),
        (
            "{type: folder, paths: [x], languages: [C, Go, Jav]}",
            "sources[0].languages[2]: got "
            "`Jav`; expected the name of a language; did you mean `Java`?",
        ),
        (
            "{type: folder, paths: [x], metadata: stars.xlsx}",
            "sources[0].metadata: got `stars.xlsx`; expected the path of a .csv or .jsonl file",
        ),
        (
            "{type: folder, paths: [x], exclude: [y]}",
            "sources[0]: unknown key `exclude`; expected type, name, paths,",
        ),
        ('{type: folder, paths: [x], name: "a\\nb"}', "expected a name without line breaks"),
    ],
)
def test_a_wrong_source_is_refused(mistakes: All, source: str, expected: str) -> None:
    (only,) = mistakes(f"name: x\nsources:\n  - {source}\n")
    assert only.startswith("3: ")
    assert expected in only


def test_a_placeholder_is_suggested_only_for_text(mistakes: All) -> None:
    (only,) = mistakes("name: x\nsources: [{type: {stdlib}}]\n")
    assert only.endswith("got a mapping; expected one of `folder`, `pile`, `codeparrot`, `github`")


def test_the_sources_must_be_a_list(mistakes: All) -> None:
    (only,) = mistakes("name: x\nsources: {type: folder, paths: [x]}\n")
    assert only == (
        "2: sources: got a mapping; expected a list of at least one source, each a mapping; begin "
        "each entry with `- `"
    )


def test_two_sources_with_the_same_name_are_refused(mistakes: All) -> None:
    (only,) = mistakes("""\
        name: x
        sources:
          - {type: folder, paths: [a], name: mine}
          - type: folder
            paths: [b]
            name: mine
        """)
    assert only == "6: sources[1].name: two sources are called `mine`; rename one of them"


def test_all_mistakes_are_reported_together_in_the_order_of_lines(mistakes: All) -> None:
    found = mistakes("""\
        sources:
          - type: pil
          - type: folder
            paths: [1]
            min_star: 1
        encode: {packing: x}
        filters:
          digit_ratio: {min: 2}
          file_siz: {}
        part_bytes: x
        part_bytes: 1
        """)
    assert [line.split(": ")[:2] for line in found] == [
        ["1", "name is missing; expected text"],
        ["2", "sources[0].type"],
        ["4", "sources[1].paths[0]"],
        ["5", "sources[1]"],
        ["6", "encode.packing"],
        ["8", "filters.digit_ratio.min"],
        ["9", "filters"],
        ["11", "the key `part_bytes` occurs twice, first in line 10; keep one"],
    ]


def test_a_missing_list_of_sources_is_reported(mistakes: All) -> None:
    (only,) = mistakes("name: x\n")
    assert only == "1: sources is missing; expected a list of at least one source, each a mapping"


def test_a_long_value_is_shortened_in_the_message(mistake: One) -> None:
    assert len(mistake(f"encode: {{packing: {'x' * 5_000}}}")) < 200


def test_a_mistake_is_reported_only_once(mistakes: All) -> None:
    (only,) = mistakes("""\
        name: x
        sources: [{type: folder, paths: [x]}]
        deduplicate:
          near: {ngram: 0}
        """)
    assert only == (
        "4: deduplicate.near.ngram: got `0`; expected a whole number of tokens from 1 to 32"
    )
