"""Texts to ids with codecorpus, tokenizers, tiktoken and gigatoken, all with one tokenizer.json."""

# Functions import their own packages: a peer's environment has no others.
# mypy: disable-error-code="import-not-found"

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness import Implementation, Untyped, digest, run_implementation, texts


def codecorpus(_: dict[str, Any]) -> Implementation:
    """Our encoder; each pass creates a new one with an empty word cache."""
    from codecorpus.foundation.columns import ByteColumn
    from codecorpus.tokenization.encoder import Encoder
    from codecorpus.tokenization.vocabulary_sources import load_vocabulary

    vocabulary = load_vocabulary("gpt2")
    return Implementation(
        new_state=lambda: Encoder(vocabulary),
        load=lambda files: ByteColumn.from_values([content for _, content in files]),
        run=lambda encoder, column: encoder.encode(column),
        check=lambda encoded: {"ids": digest(encoded.ids.tobytes(), encoded.offsets.tobytes())},
    )


def tokenizers(options: dict[str, Any]) -> Implementation:
    """Hugging Face's library: its fastest call, on a thousand texts at a time."""
    from tokenizers import Tokenizer

    def encode(tokenizer: Untyped, values: list[str]) -> list[list[int]]:
        found: list[list[int]] = []
        for start in range(0, len(values), 1000):
            batch = tokenizer.encode_batch_fast(
                values[start : start + 1000], add_special_tokens=False
            )
            found += [encoding.ids for encoding in batch]
        return found

    return Implementation(
        new_state=lambda: Tokenizer.from_file(options["tokenizer"]),
        load=texts,
        run=encode,
        check=_ids,
    )


def gigatoken(options: dict[str, Any]) -> Implementation:
    """Gigatoken on one thread."""
    import gigatoken

    def check(found: Untyped) -> dict[str, Any]:
        import awkward
        import numpy as np

        ids = awkward.to_numpy(awkward.flatten(found)).astype(np.uint16)
        lengths = awkward.to_numpy(awkward.num(found))
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return {"ids": digest(ids.tobytes(), offsets.tobytes())}

    return Implementation(
        new_state=lambda: gigatoken.Tokenizer(options["tokenizer"]),
        load=lambda files: [content for _, content in files],
        run=lambda tokenizer, values: tokenizer.encode_batch(values, parallel=False),
        check=check,
    )


def tiktoken(options: dict[str, Any]) -> Implementation:
    """Tiktoken with GPT-2's ranks; runs of spaces, for which it has no tokens, are split off."""
    import tiktoken
    from tiktoken_ext.openai_public import r50k_pat_str

    document = json.loads(Path(options["tokenizer"]).read_text("utf-8"))
    added = {entry["content"]: entry["id"] for entry in document["added_tokens"]}
    encoding = tiktoken.Encoding(
        "gpt2", pat_str=r50k_pat_str, mergeable_ranks=_ranks(document, added), special_tokens={}
    )
    runs = re.compile("( {2,10})")

    def encode(_: object, values: list[str]) -> list[list[int]]:
        found = []
        for value in values:
            ids: list[int] = []
            for piece in runs.split(value):
                space = added.get(piece)
                if space is None:
                    ids += encoding.encode_ordinary(piece)
                else:
                    ids.append(space)
            found.append(ids)
        return found

    return Implementation(load=texts, run=encode, check=_ids)


def _ranks(document: dict[str, Any], added: dict[str, int]) -> dict[bytes, int]:
    """The id of each token's bytes, decoded from the printable characters of GPT-2's files.

    A printable byte stands for itself; the others are U+0100 and up, in order.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    byte_of = {chr(byte): byte for byte in printable}
    byte_of |= {chr(0x100 + index): byte for index, byte in enumerate(others)}
    spellings = {
        spelling: identity
        for spelling, identity in document["model"]["vocab"].items()
        if spelling not in added and not spelling.startswith("<|")
    }
    return {bytes(byte_of[c] for c in spelling): i for spelling, i in spellings.items()}


def _ids(found: list[list[int]]) -> dict[str, Any]:
    """The digest that uint16 ids and int64 offsets have."""
    from array import array

    offsets = array("q", [0])
    for ids in found:
        offsets.append(offsets[-1] + len(ids))
    return {"ids": digest(array("H", _flat(found)).tobytes(), offsets.tobytes())}


def _flat(found: list[list[int]]) -> Iterator[int]:
    for ids in found:
        yield from ids


if __name__ == "__main__":
    run_implementation(
        {
            "codecorpus": codecorpus,
            "tokenizers": tokenizers,
            "gigatoken": gigatoken,
            "tiktoken": tiktoken,
        }
    )
