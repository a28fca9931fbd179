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
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.harness import Untyped, read_split
from benchmarks.implementations.signatures import (
    NGRAM,
    PERMUTATIONS,
    datasketch_signatures,
    datatrove_signature,
    shingles,
    text_dedup_embedding,
)

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
    from datasketch import MinHashLSH

    signatures = datasketch_signatures(files)
    answers = []
    for threshold in THRESHOLDS:
        index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
        answers += _query("datasketch MinHashLSH", threshold, index, signatures)
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
        answers += _query("rensa RMinHashLSH", threshold, index, signatures)
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
    from text_dedup.utils import optimal_param

    answers = []
    for threshold in THRESHOLDS:
        embed = text_dedup_embedding(*optimal_param(threshold, PERMUTATIONS, 0.5, 0.5))
        signatures = [
            embed(content.decode("utf-8", "replace"), number)["__signatures__"]
            for number, content in enumerate(files)
        ]
        pairs = _same_bucket(signatures)
        answers.append(answer(threshold, "text-dedup, buckets merged", pairs, transitive=True))
    return answers


def datatrove(files: list[bytes]) -> Answers:
    """Shingles and signatures of stage 1; files in a bucket are duplicates, transitively."""
    signature = datatrove_signature()
    values = [
        [value for bucket in signature(content.decode("utf-8", "replace")) for value in bucket]
        for content in files
    ]
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


def _query(name: str, threshold: float, index: Untyped, signatures: Sequence[Untyped]) -> Answers:
    """The pairs of each file and the files that an index finds among the previous ones."""
    pairs: list[Pair] = []
    for number, signature in enumerate(signatures):
        pairs += [(other, number) for other in index.query(signature)]
        index.insert(number, signature)
    verified = [
        pair for pair in pairs if signatures[pair[0]].jaccard(signatures[pair[1]]) >= threshold
    ]
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
