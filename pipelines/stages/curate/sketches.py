"""The columns that deduplication reads: names, size, sketch and band keys of each kept file."""

import pyarrow as pa

from codecorpus.filters.near_duplicates.bands import choose_bands
from codecorpus.filters.near_duplicates.shingles import MIN_TOKENS
from codecorpus.filters.near_duplicates.signatures import (
    Permutations,
    band_keys,
    compute_signatures,
    make_sketches,
)
from codecorpus.foundation.columns import ByteColumn
from codecorpus.pipelines.corpus import tables
from codecorpus.pipelines.recipe.model import Near
from codecorpus.pipelines.stages.artifacts import kept_files_schema


class Sketcher:
    """Computes sketches and band keys with a recipe's near-duplicate settings.

    Attributes:
        schema: columns of `describe`; without sketch and keys if near duplicates are kept.
    """

    def __init__(self, near: Near | None) -> None:
        self._near = near
        self.schema = kept_files_schema(near)
        if near is not None:
            self._bands = choose_bands(near.threshold, near.permutations)
            self._permutations = Permutations(near.permutations, near.seed)

    def describe(self, facts: dict[str, pa.Array], column: ByteColumn) -> pa.RecordBatch:
        """One row per file, in columns of `schema`.

        Args:
            facts: the columns that are known already.
            column: the texts of the files.
        """
        arrays = facts | (self._sketch(self._near, column) if self._near else {})
        return pa.record_batch([arrays[field.name] for field in self.schema], schema=self.schema)

    def _sketch(self, near: Near, column: ByteColumn) -> dict[str, pa.Array]:
        signatures = compute_signatures(column, ngram=near.ngram, permutations=self._permutations)
        keys = band_keys(signatures.minima, self._bands.bands, self._bands.rows)
        return {
            "comparable": pa.array(signatures.tokens >= MIN_TOKENS),
            "sketch": tables.fixed_size(make_sketches(signatures.minima)),
            **{f"band_{band:02d}": pa.array(row) for band, row in enumerate(keys)},
        }
