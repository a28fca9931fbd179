"""Decoding ids to the bytes that were encoded."""

import numpy as np
from numpy.typing import NDArray

from codecorpus.foundation.compiling import kernel
from codecorpus.foundation.errors import InputError
from codecorpus.tokenization.vocabulary import Vocabulary


class Decoder:
    """Decodes ids of one vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        tokens = vocabulary.token_bytes()
        self._token_bytes = np.frombuffer(b"".join(tokens), np.uint8)
        self._offsets = np.zeros(len(tokens) + 1, np.int64)
        np.cumsum([len(token) for token in tokens], out=self._offsets[1:])

    def decode(self, ids: NDArray[np.uint16]) -> bytes:
        """The concatenated bytes of all ids; end of text, which is also padding, has no bytes.

        Returns bytes, not `str`, because a slice of a text's ids may start or end inside a
        character.

        Raises:
            InputError: an id is not in the vocabulary.
        """
        size = len(self._offsets) - 1
        if len(ids) and (largest := int(ids.max())) >= size:
            raise InputError(
                f"id {largest:,} is not in the vocabulary of {size:,}; the ids were made with "
                "another vocabulary, or are damaged"
            )
        lengths = np.diff(self._offsets)[ids]
        text = np.empty(int(lengths.sum()), np.uint8)
        _copy_tokens(np.ascontiguousarray(ids), self._token_bytes, self._offsets, text)
        return text.tobytes()


@kernel
def _copy_tokens(
    ids: NDArray[np.uint16],
    token_bytes: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    text: NDArray[np.uint8],
) -> None:
    """Write the bytes of each id to `text`, which must have exactly their size."""
    written = np.int64(0)
    for index in range(len(ids)):
        identity = np.int64(ids[index])
        for at in range(offsets[identity], offsets[identity + 1]):
            text[written] = token_bytes[at]
            written += 1
