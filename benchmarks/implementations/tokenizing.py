"""Texts to ids: codecorpus, tokenizers, tiktoken, gigatoken, all with one tokenizer.json."""

# mypy: disable-error-code="import-not-found"

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.harness import Foreign, Job, digest, serve, texts


def codecorpus(_: dict[str, Any]) -> Job:
    """Our encoder, a new one for each pass: its table of words is empty."""
    from codecorpus.foundation.columns import ByteColumn
    from codecorpus.tokenization.encoder import Encoder
    from codecorpus.tokenization.vocabulary_sources import load_vocabulary

    vocabulary = load_vocabulary("gpt2")
    return Job(
        fresh=lambda: Encoder(vocabulary),
        load=lambda files: ByteColumn.from_values([content for _, content in files]),
        run=lambda encoder, column: encoder.encode(column),
        check=lambda encoded: {"ids": digest(encoded.ids.tobytes(), encoded.offsets.tobytes())},
    )


def tokenizers(options: dict[str, Any]) -> Job:
    """Hugging Face's library, the fastest of its calls, a thousand texts at a time."""
    from tokenizers import Tokenizer

    def encode(tokenizer: Foreign, values: list[str]) -> list[list[int]]:
        found: list[list[int]] = []
        for start in range(0, len(values), 1000):
            batch = tokenizer.encode_batch_fast(
                values[start : start + 1000], add_special_tokens=False
            )
            found += [encoding.ids for encoding in batch]
        return found

    return Job(
        fresh=lambda: Tokenizer.from_file(options["tokenizer"]), load=texts, run=encode, check=_ids
    )


def gigatoken(options: dict[str, Any]) -> Job:
    """The package gigatoken, on one thread."""
    import gigatoken

    def check(found: Foreign) -> dict[str, Any]:
        import awkward
        import numpy as np

        ids = awkward.to_numpy(awkward.flatten(found)).astype(np.uint16)
        lengths = awkward.to_numpy(awkward.num(found))
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return {"ids": digest(ids.tobytes(), offsets.tobytes())}

    return Job(
        fresh=lambda: gigatoken.Tokenizer(options["tokenizer"]),
        load=lambda files: [content for _, content in files],
        run=lambda tokenizer, values: tokenizer.encode_batch(values, parallel=False),
        check=check,
    )


def tiktoken(options: dict[str, Any]) -> Job:
    """GPT-2's ranks in tiktoken, which knows no tokens for spaces: runs are cut out before."""
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

    return Job(load=texts, run=encode, check=_ids)


def _ranks(document: dict[str, Any], added: dict[str, int]) -> dict[bytes, int]:
    """Bytes to id of the tokens that merges make, out of the printable spelling of GPT-2's files.

    A byte that prints is spelled by itself, the others by the characters from U+0100 on.
    """
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    byte_of = {chr(byte): byte for byte in printable}
    byte_of |= {chr(0x100 + place): byte for place, byte in enumerate(others)}
    spellings = {
        spelling: identity
        for spelling, identity in document["model"]["vocab"].items()
        if spelling not in added and not spelling.startswith("<|")
    }
    return {bytes(byte_of[c] for c in spelling): i for spelling, i in spellings.items()}


def _ids(found: list[list[int]]) -> dict[str, Any]:
    """The same digest as of uint16 ids and int64 offsets."""
    from array import array

    offsets = array("q", [0])
    for ids in found:
        offsets.append(offsets[-1] + len(ids))
    return {"ids": digest(array("H", _flat(found)).tobytes(), offsets.tobytes())}


def _flat(found: list[list[int]]) -> Iterator[int]:
    for ids in found:
        yield from ids


if __name__ == "__main__":
    serve(
        {
            "codecorpus": codecorpus,
            "tokenizers": tokenizers,
            "gigatoken": gigatoken,
            "tiktoken": tiktoken,
        }
    )
