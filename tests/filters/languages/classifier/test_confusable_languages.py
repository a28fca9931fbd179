"""The features and predictions for confusable languages."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.filters.languages.classifier import predict_confusable
from codecorpus.filters.languages.classifier.confusable_languages import (
    CONFUSABLE_GROUPS,
    ConfusableGroup,
    extract_features,
)
from codecorpus.filters.languages.classifier.keywords import C_LIKE, SCRIPTS, word_table
from codecorpus.filters.languages.classifier.model import load_model
from codecorpus.filters.languages.classifier.tokens import KINDS, token_at
from codecorpus.foundation.columns import ByteColumn

C, SCRIPT = CONFUSABLE_GROUPS


def features_of(text: str, group: ConfusableGroup = C) -> set[int]:
    return set(extract_features(ByteColumn.from_values([text.encode()]), group)[1].tolist())


@pytest.mark.parametrize("words", [C_LIKE, SCRIPTS])
def test_a_word_table_contains_each_word_once(words: str) -> None:
    tokens = {
        token_at(np.frombuffer(word.encode(), np.uint8), 0, len(word), KINDS)[0]
        for word in words.split()
    }
    held = word_table(words)
    assert set(held[held > 0].tolist()) == {int(token) for token in tokens}
    assert np.count_nonzero(held) == len(words.split())


def test_names_with_the_same_shape_share_features() -> None:
    one = features_of("static int one ( char * two , long three ) ;")
    two = features_of("static int alpha ( char * beta , long gamma ) ;")
    three = features_of("static int ALPHA ( char * BETA , long GAMMA ) ;")
    assert len(one & two) > len(one & three)


def test_keywords_are_not_replaced_by_shapes() -> None:
    name = features_of("x = old y ;")
    assert len(features_of("x = new y ;") & name) < len(features_of("x = abc y ;") & name)


def test_names_with_the_same_prefix_share_a_feature() -> None:
    one, two, three = (
        features_of(f"x = {name} ;") for name in ("magmaInit", "magmaFree", "otherFree")
    )
    assert len(one & two) == len(one & three) + 1


def test_a_prefix_of_capitals_ends_before_the_next_word() -> None:
    one, two, three = (features_of(name) for name in ("NSFoo", "NSBar", "NTBar"))
    assert len(one & two) == len(one & three) + 1


@pytest.mark.parametrize("flag", ["@end", "x::y", "__global__"])
def test_features_of_keywords_depend_on_the_flags(flag: str) -> None:
    plain = "return x ; return y ;"
    assert not features_of(plain) <= features_of(f"{plain} {flag} ;")


@pytest.mark.parametrize("other", ["@ end", "x : : y", "global"])
def test_other_tokens_do_not_change_the_features_of_keywords(other: str) -> None:
    plain = "return x ; return y ;"
    assert features_of(plain) <= features_of(f"{plain} {other} ;")


def test_a_comment_has_raw_features_but_no_code_features() -> None:
    code = "int f ( void ) ;\n"
    assert features_of(code) < features_of("/* class template */\n" + code)
    assert not features_of("class template ;") <= features_of("/* class template ; */\n" + code)


@given(st.lists(st.binary(max_size=200), max_size=6), st.sampled_from([0, 1]))
@settings(deadline=None)
def test_predictions_do_not_depend_on_the_batch(texts: list[bytes], which: int) -> None:
    group, linear = CONFUSABLE_GROUPS[which], load_model().confusable[which]
    codes, odds = predict_confusable(ByteColumn.from_values(texts), group, linear)
    for i, text in enumerate(texts):
        code, odd = predict_confusable(ByteColumn.from_values([text]), group, linear)
        assert (code[0], odd[0]) == (codes[i], odds[i])
        assert code[0] in group.codes


@given(st.text(alphabet="a(;/*'\"#\\\n 1_", max_size=300))
@settings(deadline=None)
def test_offsets_separate_the_features_of_texts(text: str) -> None:
    values = [b"int x;", text.encode(), b"int x;"]
    offsets, features = extract_features(ByteColumn.from_values(values), C)
    assert offsets[0] == 0
    assert offsets[-1] == len(features)
    assert features[: offsets[1]].tolist() == features[offsets[2] :].tolist()
