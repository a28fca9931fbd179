"""The pairs of files that a package finds similar, for both thresholds; not timed.

    python -m benchmarks.implementations.near_duplicates NAME FOLDER OUT.json

FOLDER has `blob.bin` and `files.json`, the best file first. An answer has the pairs (lower number
first), and whether users of the package treat them as transitive.
"""

# Functions import their own packages: a peer's environment has no others.
# mypy: disable-error-code="import-not-found"

import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.harness import Untyped, read_split
from benchmarks.implementations.signatures import NGRAM, PERMUTATIONS, shingles

THRESHOLDS = (0.85, 0.7)
BANDS = {0.85: (16, 16), 0.7: (32, 8)}
"""Bands and rows of 256 permutations whose (1 / bands) ** (1 / rows) is nearest to the threshold:
0.84 and 0.65. For packages that do not choose them."""

Pair = tuple[int, int]
Answers = list[dict[str, Any]]


def main() -> None:
    """Write the answers of the implementation that the command names."""
    files = [content for _, content in read_split(Path(sys.argv[2]), 1 << 40, 0, 1)]
    Path(sys.argv[3]).write_text(json.dumps(IMPLEMENTATIONS[sys.argv[1]](files)))


def answer(
    threshold: float, method: str, pairs: Iterable[Pair], *, transitive: bool = False
) -> dict[str, Any]:
    """A method's answer for one threshold."""
    found = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    return {"threshold": threshold, "method": method, "transitive": transitive, "pairs": found}


def codecorpus(files: list[bytes]) -> Answers:
    """Candidate pairs verified by sketches; then doubtful ones also by their exact similarity.

    A pair is doubtful within the default `exact_margin` of a recipe, and then within twice that.
    """
    import numpy as np

    from codecorpus.filters.near_duplicates.bands import choose_bands
    from codecorpus.filters.near_duplicates.candidates import candidate_pairs, unpack_pairs
    from codecorpus.filters.near_duplicates.signatures import (
        Permutations,
        band_keys,
        compute_signatures,
        make_sketches,
    )
    from codecorpus.filters.near_duplicates.verification import (
        count_matches,
        doubtful_range,
        exact_jaccard,
        matches_needed,
    )
    from codecorpus.foundation.columns import ByteColumn
    from codecorpus.pipelines.recipe.model import Near

    column = ByteColumn.from_values(files)
    signatures = compute_signatures(column, ngram=NGRAM, permutations=Permutations(PERMUTATIONS))
    answers = []
    for threshold in THRESHOLDS:
        bands = choose_bands(threshold, PERMUTATIONS)
        keys = band_keys(signatures.minima, bands.bands, bands.rows)
        better, worse = unpack_pairs(
            np.unique(np.concatenate([candidate_pairs(band).pairs for band in keys]))
        )
        matched = count_matches(make_sketches(signatures.minima), better, worse)
        similar = matched >= matches_needed(threshold, PERMUTATIONS)
        found = zip(better[similar].tolist(), worse[similar].tolist(), strict=True)
        answers.append(answer(threshold, "codecorpus, sketches", found))
        for errors in (Near().exact_margin, 2 * Near().exact_margin):
            low, high = doubtful_range(threshold, PERMUTATIONS, errors=errors)
            near = np.flatnonzero((matched >= low) & (matched <= high))
            similar[near] = exact_jaccard(column, better[near], worse[near], NGRAM) >= threshold
            found = zip(better[similar].tolist(), worse[similar].tolist(), strict=True)
            method = f"codecorpus, pairs within {errors:g} standard errors compared exactly"
            answers.append(answer(threshold, method, found))
    return answers


def datasketch(files: list[bytes]) -> Answers:
    """MinHashLSH as is, and with the signatures of its candidates compared."""
    from datasketch import MinHash, MinHashLSH

    signatures = []
    for content in files:
        signatures.append(MinHash(num_perm=PERMUTATIONS))
        if tokens := shingles(content):
            signatures[-1].update_batch(tokens)
    answers = []
    for threshold in THRESHOLDS:
        index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
        answers += _both(
            "datasketch MinHashLSH",
            threshold,
            _candidates(index, signatures),
            lambda one, other: float(signatures[one].jaccard(signatures[other])),
        )
    return answers


def rensa(files: list[bytes]) -> Answers:
    """RMinHashLSH as is, and with the signatures of its candidates compared."""
    from rensa import RMinHash, RMinHashLSH

    signatures = RMinHash.from_token_sets(
        [[token.hex() for token in shingles(content)] for content in files], PERMUTATIONS, 42
    )
    answers = []
    for threshold in THRESHOLDS:
        index = RMinHashLSH(threshold, PERMUTATIONS, BANDS[threshold][0])
        answers += _both(
            "rensa RMinHashLSH",
            threshold,
            _candidates(index, signatures),
            lambda one, other: float(signatures[one].jaccard(signatures[other])),
        )
    return answers


def gaoya(files: list[bytes]) -> Answers:
    """MinHashStringIndex, which compares signatures, with its own word 5-grams."""
    from gaoya.minhash import MinHashStringIndex

    texts = [content.decode("utf-8", "replace") for content in files]
    answers = []
    for threshold in THRESHOLDS:
        bands, rows = BANDS[threshold]
        index = MinHashStringIndex(
            32, threshold, bands, rows, analyzer="word", ngram_range=(NGRAM, NGRAM)
        )
        index.par_bulk_insert_docs(list(range(len(texts))), texts)
        found = index.par_bulk_query(texts)
        pairs = [(number, other) for number, others in enumerate(found) for other in others]
        answers.append(answer(threshold, "gaoya MinHashStringIndex", pairs))
    return answers


def text_dedup(files: list[bytes]) -> Answers:
    """embed_func; its script treats files in one bucket as duplicates, and unites buckets."""
    import numpy as np
    from text_dedup.minhash import embed_func
    from text_dedup.utils import optimal_param, sha1_hash

    prime = np.uint64((1 << 61) - 1)
    answers = []
    for threshold in THRESHOLDS:
        bands, rows = optimal_param(threshold, PERMUTATIONS, 0.5, 0.5)
        chance = np.random.RandomState(42)
        permutations = (
            chance.randint(1, prime, size=(PERMUTATIONS,), dtype=np.uint64),
            chance.randint(0, prime, size=(PERMUTATIONS,), dtype=np.uint64),
        )
        signatures = [
            embed_func(
                content.decode("utf-8", "replace"),
                number,
                num_perm=PERMUTATIONS,
                ngram_size=NGRAM,
                min_length=NGRAM,
                hashranges=[(start * rows, (start + 1) * rows) for start in range(bands)],
                permutations=permutations,
                hash_func=lambda data: sha1_hash(data, d=32),
                dtype=np.uint64,
                max_hash=np.uint32((1 << 32) - 1),
                modulo_prime=prime,
            )["__signatures__"]
            for number, content in enumerate(files)
        ]
        pairs = _same_bucket(signatures)
        answers.append(answer(threshold, "text-dedup, buckets merged", pairs, transitive=True))
    return answers


def datatrove(files: list[bytes]) -> Answers:
    """Shingles and signatures of stage 1; files in a bucket are duplicates, transitively."""
    import tempfile

    from datatrove.pipeline.dedup import MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig

    config = MinhashConfig(n_grams=NGRAM, num_buckets=16, hashes_per_bucket=16)
    step = MinhashDedupSignature(output_folder=tempfile.gettempdir(), config=config)
    values: list[list[int]] = []
    for content in files:
        hashes = step.get_shingles(content.decode("utf-8", "replace"))
        buckets = step.get_signature(hashes) if hashes.size else []
        values.append([value for bucket in buckets for value in bucket])
    answers = []
    for threshold in THRESHOLDS:
        bands, rows = BANDS[threshold]
        signatures = [
            [tuple(value[band * rows : (band + 1) * rows]) for band in range(bands)]
            if value
            else []
            for value in values
        ]
        pairs = _same_bucket(signatures)
        answers.append(answer(threshold, "datatrove, buckets merged", pairs, transitive=True))
    return answers


def _candidates(index: Untyped, signatures: Iterable[Untyped]) -> list[Pair]:
    """The files that an index finds for each file among the previous files."""
    pairs: list[Pair] = []
    for number, signature in enumerate(signatures):
        pairs += [(other, number) for other in index.query(signature)]
        index.insert(number, signature)
    return pairs


def _both(
    name: str, threshold: float, pairs: list[Pair], similarity: Callable[[int, int], float]
) -> Answers:
    verified = [pair for pair in pairs if similarity(*pair) >= threshold]
    return [
        answer(threshold, f"{name}, candidates", pairs),
        answer(threshold, f"{name}, candidates verified by signature", verified),
    ]


def _same_bucket(signatures: list[list[Any]]) -> set[Pair]:
    """All pairs of files with the same values in a band."""
    pairs: set[Pair] = set()
    for band in range(max(map(len, signatures))):
        buckets: dict[Any, list[int]] = defaultdict(list)
        for number, signature in enumerate(signatures):
            if signature:
                buckets[signature[band]].append(number)
        for members in buckets.values():
            pairs.update(combinations(members, 2))
    return pairs


IMPLEMENTATIONS: dict[str, Callable[[list[bytes]], Answers]] = {
    "codecorpus": codecorpus,
    "datasketch": datasketch,
    "rensa": rensa,
    "gaoya": gaoya,
    "text-dedup": text_dedup,
    "datatrove": datatrove,
}

if __name__ == "__main__":
    main()
