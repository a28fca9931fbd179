"""A byte-level BPE vocabulary with CodeGeeX's tokens for runs of spaces.

A base vocabulary (GPT-2's, or another of its kind) is extended by 143 tokens, as in CodeGeeX's
tokenizer (THUDM/CodeGeeX, commit 2838420): token N has the id `base size - 1 + N` and is called
`<|extratoken_N|>`, and the token with N = 8 + i stands for i spaces, 2 <= i <= 10. Runs of spaces
are split off, the longest first, before GPT-2's pattern is applied.

Unlike in CodeGeeX's tokenizer, `<|endoftext|>` or `<|extratoken_12|>` in a file is ordinary text:
no file can forge an end of text, and decoding returns what was encoded. Therefore the tokens for
spaces are spelled as spaces in `vocab`, and end of text is only ever appended by id.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any

from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization.byte_alphabet import BYTES, CHARACTERS, from_byte_alphabet

END_OF_TEXT = "<|endoftext|>"
EXTRA_TOKENS = 143
LONGEST_RUN = 10
"""Spaces; longer runs are split into pieces of this length and a remainder."""
LARGEST_BASE = 65_536 - EXTRA_TOKENS
"""The largest base whose ids, with the added tokens, fit uint16."""
MAX_MERGES = 1 << 20


@dataclass(frozen=True)
class Vocabulary:
    """The tokens and merges; `from_base` checks them and builds it.

    Attributes:
        vocab: token spelling to id; the ids are 0 to size - 1, each once. Tokens for runs of spaces
            are spelled as spaces.
        merges: pairs of spellings, in order of priority.
        space_tokens: run length in spaces (2 to 10) to id.
        end_of_text: the id of end of text, which is also the id of padding.
        size: the number of ids; 50,400 for GPT-2's base.
    """

    vocab: dict[str, int]
    merges: tuple[tuple[str, str], ...]
    space_tokens: dict[int, int]
    end_of_text: int
    size: int

    @staticmethod
    def from_base(
        base: Mapping[str, int], merges: Sequence[tuple[str, str]], where: str = "vocabulary"
    ) -> "Vocabulary":
        """Append the 143 tokens to a base vocabulary of GPT-2's kind.

        Raises:
            VocabularyError: the base is not of that kind; the message starts with `where`.
        """
        _check_ids(base, where)
        _check_merges(base, merges, where)
        extra = extra_tokens(len(base))
        if clash := sorted(extra.keys() & base.keys()):
            raise VocabularyError(
                f"{where}: has {clash[0]!r}, one of the 143 tokens that are appended; give the "
                "vocabulary without them, or the tokenizer.json that a build writes"
            )
        return Vocabulary(
            vocab={**base, **extra},
            merges=tuple(merges),
            space_tokens={length: extra[" " * length] for length in range(2, LONGEST_RUN + 1)},
            end_of_text=base[END_OF_TEXT],
            size=len(base) + EXTRA_TOKENS,
        )

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (hexadecimal) of the tokens by id, the merges by rank, and end of text's id."""
        content = [sorted(self.vocab, key=self.vocab.__getitem__), self.merges, self.end_of_text]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def tokenizer_document(self) -> dict[str, Any]:
        """The JSON document of the same vocabulary that the `tokenizers` library writes."""
        document = self.tokenizer_settings()
        document["model"] |= {
            "vocab": dict(sorted(self.vocab.items(), key=itemgetter(1))),
            "merges": list(map(list, self.merges)),
        }
        return document

    def tokenizer_settings(self) -> dict[str, Any]:
        """The `tokenizer_document` without tokens and merges."""
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                _added_token(identity, " " * length)
                for length, identity in sorted(self.space_tokens.items())
            ],
            "normalizer": None,
            "pre_tokenizer": _byte_level(add_prefix_space=False, trim_offsets=False),
            "post_processor": None,
            "decoder": _byte_level(add_prefix_space=True, trim_offsets=True),
            "model": {
                "type": "BPE",
                "dropout": None,
                "unk_token": None,
                "continuing_subword_prefix": None,
                "end_of_word_suffix": None,
                "fuse_unk": False,
                "byte_fallback": False,
                "ignore_merges": False,
            },
        }

    def tokenizer_json(self) -> bytes:
        """A `tokenizer.json` that any Hugging Face tool opens; the same bytes on every machine.

        Not serialized by the `tokenizers` library, whose format may change between versions.
        """
        return json.dumps(
            self.tokenizer_document(), ensure_ascii=False, separators=(",", ":")
        ).encode()

    def token_bytes(self) -> list[bytes]:
        """The bytes that each id decodes to.

        These are empty for end of text, so that padding vanishes; for the 134 appended tokens that
        are not runs of spaces; and for a token with a character outside the byte alphabet.
        """
        spellings = sorted(self.vocab, key=self.vocab.__getitem__)
        values = [from_byte_alphabet(spelling) or b"" for spelling in spellings]
        values[self.end_of_text] = b""
        values[-EXTRA_TOKENS:] = [b""] * EXTRA_TOKENS
        for length, identity in self.space_tokens.items():
            values[identity] = b" " * length
        return values


def extra_tokens(base_size: int) -> dict[str, int]:
    """The 143 appended tokens, from spelling to id."""
    return {
        " " * (number - 8) if 10 <= number <= 18 else f"<|extratoken_{number}|>": (
            base_size - 1 + number
        )
        for number in range(1, EXTRA_TOKENS + 1)
    }


def _check_ids(base: Mapping[str, int], where: str) -> None:
    if END_OF_TEXT not in base:
        raise VocabularyError(f"{where}: has no {END_OF_TEXT}, which ends every text")
    if len(base) > LARGEST_BASE:
        raise VocabularyError(
            f"{where}: has {len(base):,} tokens; at most {LARGEST_BASE:,} leave room for the 143 "
            "that are appended, because ids have 16 bits"
        )
    if sorted(base.values()) != list(range(len(base))):
        raise VocabularyError(
            f"{where}: its {len(base):,} ids are not 0 to {len(base) - 1:,}, each once"
        )
    if missing := [byte for byte in range(256) if CHARACTERS[byte] not in base]:
        raise VocabularyError(
            f"{where}: has no token for the byte 0x{missing[0]:02x}, spelled "
            f"{CHARACTERS[missing[0]]!r} ({len(missing)} of 256 bytes are missing); a byte-level "
            "BPE vocabulary has all"
        )


def _check_merges(base: Mapping[str, int], merges: Sequence[tuple[str, str]], where: str) -> None:
    if len(merges) > MAX_MERGES:
        raise VocabularyError(
            f"{where}: {len(merges):,} merges; at most {MAX_MERGES:,} are supported"
        )
    if len(set(merges)) != len(merges):
        raise VocabularyError(f"{where}: a merge occurs twice, so its priority is ambiguous")
    merged = [left + right for left, right in merges]
    if END_OF_TEXT in merged:
        number = merged.index(END_OF_TEXT) + 1
        raise VocabularyError(f"{where}: merge {number:,} makes {END_OF_TEXT} out of ordinary text")
    pieces = {*chain.from_iterable(merges), *merged}
    invalid = (pieces - base.keys()) | _outside_byte_alphabet(pieces)
    if not invalid:
        return
    for number, (left, right) in enumerate(merges, 1):
        for spelling in (left, right, left + right):
            if spelling in invalid:
                raise VocabularyError(
                    f"{where}: merge {number:,} is {left!r} + {right!r}, but {spelling!r} is not "
                    "a byte-level token of the vocabulary"
                )


def _outside_byte_alphabet(pieces: set[str]) -> set[str]:
    """The pieces with a character that stands for no byte."""
    if set("".join(pieces)) <= BYTES.keys():  # the common case, checked at once
        return set()
    return {piece for piece in pieces if from_byte_alphabet(piece) is None}


def _added_token(identity: int, content: str) -> dict[str, Any]:
    return {
        "id": identity,
        "content": content,
        "single_word": False,
        "lstrip": False,
        "rstrip": False,
        "normalized": False,
        "special": False,
    }


def _byte_level(*, add_prefix_space: bool, trim_offsets: bool) -> dict[str, Any]:
    return {
        "type": "ByteLevel",
        "add_prefix_space": add_prefix_space,
        "trim_offsets": trim_offsets,
        "use_regex": True,
    }
