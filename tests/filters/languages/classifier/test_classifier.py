"""The answers of the shipped classifier, and that they do not depend on the batch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.filters.languages.classifier import classify, predict, predict_broad
from codecorpus.filters.languages.classifier.features import START_BYTES
from codecorpus.filters.languages.classifier.model import Model, load_model, read_model
from codecorpus.filters.languages.table import LANGUAGES
from codecorpus.foundation.columns import ByteColumn

HERE = Path(__file__).parent / "snippets"
SNIPPETS = {path.stem: path.read_text("utf-8") for path in sorted(HERE.glob("*.txt"))}
OTHERS = {path.stem: path.read_text("utf-8") for path in sorted(HERE.glob("other/*.txt"))}

BYTES = st.lists(st.binary(max_size=200), max_size=8)


def answers(texts: Sequence[str | bytes | None], confidence: float = 0.0) -> list[str | None]:
    values = [text.encode() if isinstance(text, str) else text for text in texts]
    found: list[str | None] = classify(
        pa.array(values, pa.large_binary()), confidence=confidence
    ).to_pylist()
    return found


def test_there_is_a_snippet_of_each_language() -> None:
    assert set(SNIPPETS) == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_plain_file_of_each_language_is_recognized(language: str) -> None:
    assert answers([SNIPPETS[language]]) == [language]


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_have_no_language(name: str) -> None:
    assert answers([OTHERS[name]]) == [None]


@pytest.mark.parametrize("language", LANGUAGES)
def test_windows_line_ends_and_a_byte_order_mark_change_nothing(language: str) -> None:
    text = SNIPPETS[language]
    assert answers(["\ufeff" + text.replace("\n", "\r\n")]) == [language]


LICENCE = (
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"
)


@pytest.mark.parametrize(
    ("language", "header"),
    [
        ("C++", f"/*\n * {LICENCE}\n * {LICENCE}\n */\n\n"),
        ("Java", f"// {LICENCE}\n// {LICENCE}\n//\n"),
        ("Python", f"# {LICENCE}\n# {LICENCE}\n#\n"),
        ("SQL", f"-- {LICENCE}\n-- {LICENCE}\n"),
        ("HTML", f"<!--\n{LICENCE}\n{LICENCE}\n-->\n"),
        ("TeX", f"% {LICENCE}\n%% {LICENCE}\n"),
        ("Fortran", f"! {LICENCE}\n!\n! {LICENCE}\n"),
        ("Pascal", f"(* {LICENCE}\n   {LICENCE} *)\n"),
    ],
)
def test_a_licence_before_the_code_changes_nothing(language: str, header: str) -> None:
    assert answers([header * 3 + SNIPPETS[language]]) == [language]


def test_texts_without_known_words_have_no_language() -> None:
    assert answers(["", None, " \n\t\n", b"\x00\x01\x02\xff\xfe"]) == [None] * 4


def test_answers_below_the_confidence_are_null() -> None:
    odds = predict(
        ByteColumn.from_values([text.encode() for text in SNIPPETS.values()]), load_model()
    )[1]
    chances = 1 / (1 + np.exp(-odds))
    least = float(np.median(chances)) - 1e-9  # between two files, however it is rounded
    found = answers(list(SNIPPETS.values()), least)
    assert [answer is not None for answer in found] == (chances >= least).tolist()


def test_more_confidence_means_fewer_answers() -> None:
    texts = [text[: len(text) // 3] for text in SNIPPETS.values()]
    counts = [
        sum(answer is not None for answer in answers(texts, confidence))
        for confidence in (0.0, 0.5, 0.8, 0.95, 0.999)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1]


@pytest.mark.parametrize("confidence", [-0.1, 1.0, float("nan")])
def test_a_confidence_out_of_range_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence is"):
        classify(pa.array(["x"], pa.large_string()), confidence=confidence)


@given(BYTES)
@settings(deadline=None)
def test_predictions_do_not_depend_on_the_batch(texts: list[bytes]) -> None:
    whole, odds = predict(ByteColumn.from_values(texts), load_model())
    for i, text in enumerate(texts):
        code, odd = predict(ByteColumn.from_values([text]), load_model())
        assert (code[0], odd[0]) == (whole[i], odds[i])


@given(st.sampled_from(sorted(SNIPPETS)), st.binary(max_size=50), st.integers(0, 40))
@settings(deadline=None)
def test_a_slice_has_the_language_of_a_copy(language: str, before: bytes, skipped: int) -> None:
    text = SNIPPETS[language].encode()[skipped:]
    values = pa.array([before, text, before], pa.large_binary())
    assert classify(values.slice(1, 1), confidence=0).to_pylist() == answers([text])


def test_only_three_excerpts_of_a_long_text_are_read() -> None:
    code = SNIPPETS["Go"].encode()
    filler = b"".join(b"x%d := f(%d)\n" % (i, i) for i in range(200_000))
    once, odds = predict(ByteColumn.from_values([code + filler[: 8 * START_BYTES]]), load_model())
    again, same = predict(ByteColumn.from_values([code + filler]), load_model())
    assert once[0] == again[0] == LANGUAGES.index("Go")
    assert abs(odds[0] - same[0]) < 1


def test_the_model_is_small_and_round_trips(tmp_path: Path) -> None:
    model = load_model()
    copy = tmp_path / "model.npz"
    model.write(copy)
    again: Model = read_model(copy)
    assert copy.stat().st_size < 2_000_000
    assert np.array_equal(model.language, again.language)
    for one, two in zip(
        (model.broad, *model.confusable), (again.broad, *again.confusable), strict=True
    ):
        assert all(
            np.array_equal(np.asarray(a), np.asarray(b)) for a, b in zip(one, two, strict=True)
        )
    assert set(model.language[model.language >= 0].tolist()) == set(range(len(LANGUAGES)))


PLAIN_C = "int add(int a, int b)\n{\n    return a + b;\n}\n" * 30


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("C", "#include <stdio.h>\n\n/* uses no class, template or namespace */\n" + PLAIN_C),
        ("C++", "#include <vector>\n\nstd::vector<int> numbers;\n" + PLAIN_C),
        ("Cuda", "__global__ void add(int *a) { a[threadIdx.x] += blockIdx.x; }\n" + PLAIN_C),
        ("Objective-C", "@interface Adder : NSObject\n- (int)add:(int)a;\n@end\n" + PLAIN_C),
    ],
)
def test_a_few_words_distinguish_c_from_its_relatives(language: str, text: str) -> None:
    assert answers([text]) == [language]


@pytest.mark.parametrize("language", ["C", "JavaScript"])
def test_confidence_in_a_confusable_language_includes_that_in_its_group(language: str) -> None:
    texts = ByteColumn.from_values([SNIPPETS[language].encode()])
    _, group = predict_broad(texts, load_model())
    _, both = predict(texts, load_model())
    assert both[0] <= group[0]
