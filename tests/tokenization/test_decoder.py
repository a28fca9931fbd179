"""Decoding is the inverse of encoding."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.columns import ByteColumn
from codecorpus.foundation.errors import InputError
from codecorpus.tokenization.decoder import Decoder
from codecorpus.tokenization.encoder import Encoder
from codecorpus.tokenization.vocabulary import Vocabulary

Ids = Callable[[list[bytes]], list[list[int]]]

TEXTS = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=20),
        st.integers(1, 40).map(lambda count: " " * count),
        st.sampled_from(["<|endoftext|>", "<|extratoken_12|>", "\n\n", "\t"]),
    ),
    max_size=8,
).map(lambda pieces: "".join(pieces).encode())


@pytest.fixture(scope="module")
def decoder(vocabulary: Vocabulary) -> Decoder:
    return Decoder(vocabulary)


@given(TEXTS)
def test_decoding_returns_any_text(encoder: Encoder, decoder: Decoder, text: bytes) -> None:
    assert decoder.decode(encoder.encode(ByteColumn.from_values([text])).ids) == text


def test_decoding_returns_source_files(
    encoder: Encoder, decoder: Decoder, standard_library: list[bytes]
) -> None:
    column = ByteColumn.from_values(standard_library)
    assert decoder.decode(encoder.encode(column).ids) == column.data.tobytes()


def test_end_of_text_and_padding_decode_to_nothing(encode: Ids, decoder: Decoder) -> None:
    (ids,) = encode([b"x = 1\n"])
    row = np.array([*ids, 50_256, 50_256, 50_257, 50_399], np.uint16)
    assert decoder.decode(row) == b"x = 1\n"


def test_no_ids_decode_to_nothing(decoder: Decoder) -> None:
    assert decoder.decode(np.empty(0, np.uint16)) == b""


def test_an_id_past_the_vocabulary_is_refused(decoder: Decoder) -> None:
    with pytest.raises(InputError, match="id 50,400 is not in the vocabulary of 50,400"):
        decoder.decode(np.array([1, 50_400], np.uint16))
