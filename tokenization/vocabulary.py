"""A byte-level BPE vocabulary with CodeGeeX's tokens for runs of spaces.

A base vocabulary (GPT-2's, or any of its kind) gets 143 further tokens at its end, as CodeGeeX's
tokenizer has them (THUDM/CodeGeeX, commit 2838420): the N-th has id `base size - 1 + N` and is
called `<|extratoken_N|>`, and the one with N = 8 + i stands for i spaces, 2 <= i <= 10. Runs of
spaces are cut, longest piece first, before GPT-2's pattern sees the text.

Unlike CodeGeeX's tokenizer, the text `<|endoftext|>` or `<|extratoken_12|>` in a file is ordinary
text: no file can forge an end of text, and decoding gives back what was encoded. So the tokens for
spaces are spelled by their spaces in `vocab`, and end of text is appended by id only.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from codecorpus.foundation.errors import VocabularyError
from codecorpus.tokenization.byte_alphabet import BYTES, CHARACTERS, unspell

END_OF_TEXT = "<|endoftext|>"
EXTRA_TOKENS = 143
LONGEST_RUN = 10
"""Spaces; longer runs are cut into pieces of this length and a rest."""
LARGEST_BASE = 65_536 - EXTRA_TOKENS
"""Ids of more entries would not fit uint16."""
MOST_MERGES = 1 << 20


@dataclass(frozen=True)
class Vocabulary:
    """What the encoder and the decoder need to know; `from_base` makes and checks it.

    Attributes:
        vocab: the id of each token by its spelling; ids are 0 to size - 1, each once. Tokens for
            runs of spaces are spelled by their spaces.
        merges: pairs of spellings, in order of priority.
        space_tokens: run length in spaces (2 to 10) to id.
        end_of_text: its id, which is also that of padding.
        size: how many ids there are; 50,400 for GPT-2's base.
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
            VocabularyError: the base is no such vocabulary; the message begins with `where`.
        """
        _check_ids(base, where)
        _check_merges(base, merges, where)
        extra = extra_tokens(len(base))
        if clash := sorted(extra.keys() & base.keys()):
            raise VocabularyError(
                f"{where}: holds {clash[0]!r}, one of the 143 tokens that are appended; give the "
                "vocabulary without them, or as the tokenizer.json that this project writes"
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
        """SHA-256 (hexadecimal) over the tokens in the order of ids and the merges in theirs."""
        content = [sorted(self.vocab, key=self.vocab.__getitem__), self.merges, self.end_of_text]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def tokenizer(self) -> Tokenizer:
        """The same vocabulary as a tokenizer of Hugging Face's library: the encoder's reference."""
        tokenizer = Tokenizer(models.BPE(vocab=self.vocab, merges=list(self.merges)))
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(
            add_prefix_space=False, trim_offsets=False, use_regex=True
        )
        tokenizer.decoder = decoders.ByteLevel()
        tokenizer.add_tokens(
            [
                AddedToken(" " * length, normalized=False, special=False)
                for length in range(LONGEST_RUN, 1, -1)
            ]
        )
        return tokenizer

    def tokenizer_document(self) -> dict[str, Any]:
        """What `tokenizer()` serializes to, in the order in which it writes it."""
        document = self.tokenizer_settings()
        document["model"] |= {
            "vocab": dict(sorted(self.vocab.items(), key=itemgetter(1))),
            "merges": list(map(list, self.merges)),
        }
        return document

    def tokenizer_settings(self) -> dict[str, Any]:
        """The same without tokens and merges."""
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

        It is not written by the `tokenizers` library, whose layout may change with its version.
        """
        return json.dumps(
            self.tokenizer_document(), ensure_ascii=False, separators=(",", ":")
        ).encode()

    def token_bytes(self) -> list[bytes]:
        """What each id decodes to.

        End of text and the 134 appended tokens that stand for no run of spaces decode to nothing,
        so that padding vanishes; so does a token whose spelling is not one of bytes.
        """
        spellings = sorted(self.vocab, key=self.vocab.__getitem__)
        values = [unspell(spelling) or b"" for spelling in spellings]
        values[self.end_of_text] = b""
        values[-EXTRA_TOKENS:] = [b""] * EXTRA_TOKENS
        for length, identity in self.space_tokens.items():
            values[identity] = b" " * length
        return values


def extra_tokens(base_size: int) -> dict[str, int]:
    """The 143 appended tokens: spelling to id."""
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
            "that are appended, since ids are 16 bits"
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
    if len(merges) > MOST_MERGES:
        raise VocabularyError(f"{where}: {len(merges):,} merges; at most {MOST_MERGES:,} are read")
    if len(set(merges)) != len(merges):
        raise VocabularyError(f"{where}: a merge stands twice, so its priority is not clear")
    merged = [left + right for left, right in merges]
    if END_OF_TEXT in merged:
        number = merged.index(END_OF_TEXT) + 1
        raise VocabularyError(f"{where}: merge {number:,} makes {END_OF_TEXT} of ordinary text")
    pieces = {*chain.from_iterable(merges), *merged}
    strange = (pieces - base.keys()) | _unspelled(pieces)
    if not strange:
        return
    for number, (left, right) in enumerate(merges, 1):
        for spelling in (left, right, left + right):
            if spelling in strange:
                raise VocabularyError(
                    f"{where}: merge {number:,} is {left!r} + {right!r}, but {spelling!r} is no "
                    "byte-level token of the vocabulary"
                )


def _unspelled(pieces: set[str]) -> set[str]:
    """Those with a character that spells no byte; all characters are looked at in one go."""
    if set("".join(pieces)) <= BYTES.keys():
        return set()
    return {piece for piece in pieces if unspell(piece) is None}


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
