"""MinHash signatures of 256 permutations over token 5-grams, starting from the text.

If a peer takes sets of shingles, Python code makes them, as its users do; this time counts for the
peer.
"""

# Functions import their own packages: a peer's environment has no others.
# mypy: disable-error-code="import-not-found"

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.harness import Implementation, NamedFile, Untyped, run_implementation, texts

NGRAM = 5
PERMUTATIONS = 256
_TOKEN = re.compile(rb"[A-Za-z0-9_\x80-\xff]+")


def shingles(content: bytes) -> set[bytes]:
    """The same token 5-grams as ours: tokens are letters, digits, underscores, bytes above 127."""
    tokens = _TOKEN.findall(content)
    return {b" ".join(tokens[at : at + NGRAM]) for at in range(len(tokens) - NGRAM + 1)}


def contents(files: list[NamedFile]) -> list[bytes]:
    """The files' contents."""
    return [content for _, content in files]


def codecorpus(_: dict[str, Any]) -> Implementation:
    """Signatures, sketches and the band keys for a threshold of 0.85."""
    from codecorpus.filters.near_duplicates.bands import choose_bands
    from codecorpus.filters.near_duplicates.signatures import (
        Permutations,
        band_keys,
        compute_signatures,
        make_sketches,
    )
    from codecorpus.foundation.columns import ByteColumn

    bands = choose_bands(0.85, PERMUTATIONS)

    def run(_: object, column: Untyped) -> Untyped:
        signatures = compute_signatures(
            column, ngram=NGRAM, permutations=Permutations(PERMUTATIONS)
        )
        band_keys(signatures.minima, bands.bands, bands.rows)
        return make_sketches(signatures.minima)

    return Implementation(
        load=lambda files: ByteColumn.from_values(contents(files)),
        run=run,
        check=lambda sketches: {"signatures": len(sketches)},
    )


def datasketch(_: dict[str, Any]) -> Implementation:
    """MinHash.update_batch, one file at a time."""
    return Implementation(
        load=contents, run=lambda _, values: datasketch_signatures(values), check=_count
    )


def datasketch_signatures(values: list[bytes]) -> list[Any]:
    """A MinHash of the shingles of each text."""
    from datasketch import MinHash

    found = []
    for value in values:
        signature = MinHash(num_perm=PERMUTATIONS)
        if tokens := shingles(value):
            signature.update_batch(tokens)
        found.append(signature)
    return found


def rensa(_: dict[str, Any]) -> Implementation:
    """RMinHash's matrix of all files, in one call."""
    from rensa import RMinHash

    def run(_: object, values: list[bytes]) -> Untyped:
        return RMinHash.digest_matrix_from_token_byte_sets(
            [list(shingles(value)) for value in values], PERMUTATIONS, 42
        )

    return Implementation(load=contents, run=run, check=lambda matrix: {"signatures": matrix.len()})


def gaoya(_: dict[str, Any]) -> Implementation:
    """MinHashStringIndex with its own word 5-grams, including the insertion into its index."""
    from gaoya.minhash import MinHashStringIndex

    def run(index: Untyped, values: list[str]) -> Untyped:
        index.par_bulk_insert_docs(list(range(len(values))), values)
        return index

    def new_state() -> Untyped:
        return MinHashStringIndex(
            hash_size=32,
            jaccard_threshold=0.85,
            num_bands=16,
            band_size=16,
            analyzer="word",
            ngram_range=(NGRAM, NGRAM),
        )

    return Implementation(
        new_state=new_state, load=texts, run=run, check=lambda index: {"signatures": index.size()}
    )


def text_dedup(_: dict[str, Any]) -> Implementation:
    """embed_func of its script, with the default hash and width."""
    embed = text_dedup_embedding(16, 16)

    def run(_: object, values: list[str]) -> list[Any]:
        return [embed(value, index) for index, value in enumerate(values)]

    return Implementation(load=texts, run=run, check=_count)


def text_dedup_embedding(bands: int, rows: int) -> Callable[[str, int], Untyped]:
    """text-dedup's embed_func with its default hash and width, of a text and its number."""
    import numpy as np
    from text_dedup.minhash import embed_func
    from text_dedup.utils import sha1_hash

    prime = np.uint64((1 << 61) - 1)
    chance = np.random.RandomState(42)
    return partial(
        embed_func,
        num_perm=PERMUTATIONS,
        ngram_size=NGRAM,
        min_length=NGRAM,
        hashranges=[(band * rows, (band + 1) * rows) for band in range(bands)],
        permutations=(
            chance.randint(1, prime, size=(PERMUTATIONS,), dtype=np.uint64),
            chance.randint(0, prime, size=(PERMUTATIONS,), dtype=np.uint64),
        ),
        hash_func=lambda data: sha1_hash(data, d=32),
        dtype=np.uint64,
        max_hash=np.uint32((1 << 32) - 1),
        modulo_prime=prime,
    )


def datatrove(_: dict[str, Any]) -> Implementation:
    """The work of its first stage, 16 buckets of 16, without writing files."""
    signature = datatrove_signature()

    def run(_: object, values: list[str]) -> list[Any]:
        return [signature(value) for value in values]

    return Implementation(load=texts, run=run, check=_count)


def datatrove_signature() -> Callable[[str], list[list[int]]]:
    """A text's signature by datatrove, 16 buckets of 16; empty if the text has no shingles."""
    import tempfile

    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    config = MinhashConfig(n_grams=NGRAM, num_buckets=16, hashes_per_bucket=16)
    step = MinhashDedupSignature(output_folder=tempfile.gettempdir(), config=config)

    def signature(text: str) -> list[list[int]]:
        hashes = step.get_shingles(text)
        return list(step.get_signature(hashes)) if hashes.size else []

    return signature


def _count(found: list[Any]) -> dict[str, Any]:
    return {"signatures": len(found)}


if __name__ == "__main__":
    run_implementation(
        {
            "codecorpus": codecorpus,
            "datasketch": datasketch,
            "rensa": rensa,
            "gaoya": gaoya,
            "text_dedup": text_dedup,
            "datatrove": datatrove,
        }
    )
