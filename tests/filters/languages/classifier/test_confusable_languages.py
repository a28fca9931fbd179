"""The second look at languages that share most of their words."""

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


def seen(text: str, group: ConfusableGroup = C) -> set[int]:
    return set(extract_features(ByteColumn.from_values([text.encode()]), group)[1].tolist())


@pytest.mark.parametrize("words", [C_LIKE, SCRIPTS])
def test_a_table_holds_each_word_once(words: str) -> None:
    tokens = {
        token_at(np.frombuffer(word.encode(), np.uint8), 0, len(word), KINDS)[0]
        for word in words.split()
    }
    held = word_table(words)
    assert set(held[held > 0].tolist()) == {int(token) for token in tokens}
    assert np.count_nonzero(held) == len(words.split())


def test_names_of_a_kind_have_the_same_shape() -> None:
    one = seen("static int one ( char * two , long three ) ;")
    two = seen("static int alpha ( char * beta , long gamma ) ;")
    three = seen("static int ALPHA ( char * BETA , long GAMMA ) ;")
    assert len(one & two) > len(one & three)


def test_words_of_the_language_keep_their_own_shape() -> None:
    name = seen("x = old y ;")
    assert len(seen("x = new y ;") & name) < len(seen("x = abc y ;") & name)


def test_names_that_begin_alike_share_a_feature() -> None:
    one, two, three = (seen(f"x = {name} ;") for name in ("magmaInit", "magmaFree", "otherFree"))
    assert len(one & two) == len(one & three) + 1


def test_a_run_of_capitals_ends_before_the_word_that_follows() -> None:
    one, two, three = (seen(name) for name in ("NSFoo", "NSBar", "NTBar"))
    assert len(one & two) == len(one & three) + 1


@pytest.mark.parametrize("mark", ["@end", "x::y", "__global__"])
def test_the_languages_words_differ_beside_a_mark(mark: str) -> None:
    plain = "return x ; return y ;"
    assert not seen(plain) <= seen(f"{plain} {mark} ;")


@pytest.mark.parametrize("none", ["@ end", "x : : y", "global"])
def test_what_is_no_mark_leaves_them_as_they_are(none: str) -> None:
    plain = "return x ; return y ;"
    assert seen(plain) <= seen(f"{plain} {none} ;")


def test_a_comment_is_seen_as_it_stands_but_is_no_code() -> None:
    code = "int f ( void ) ;\n"
    assert seen(code) < seen("/* class template */\n" + code)
    assert not seen("class template ;") <= seen("/* class template ; */\n" + code)


@given(st.lists(st.binary(max_size=200), max_size=6), st.sampled_from([0, 1]))
@settings(deadline=None)
def test_any_bytes_are_decided_alike_alone_and_in_a_batch(texts: list[bytes], which: int) -> None:
    group, linear = CONFUSABLE_GROUPS[which], load_model().confusable[which]
    codes, odds = predict_confusable(ByteColumn.from_values(texts), group, linear)
    for i, text in enumerate(texts):
        code, odd = predict_confusable(ByteColumn.from_values([text]), group, linear)
        assert (code[0], odd[0]) == (codes[i], odds[i])
        assert code[0] in group.codes


@given(st.text(alphabet="a(;/*'\"#\\\n 1_", max_size=300))
@settings(deadline=None)
def test_features_begin_where_the_text_before_ended(text: str) -> None:
    values = [b"int x;", text.encode(), b"int x;"]
    offsets, features = extract_features(ByteColumn.from_values(values), C)
    assert offsets[0] == 0
    assert offsets[-1] == len(features)
    assert features[: offsets[1]].tolist() == features[offsets[2] :].tolist()
