"""What deduplication gets of a file depends on its text alone, not on the files beside it."""

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.shingles import MIN_TOKENS
from codecorpus.foundation.columns import ByteColumn
from codecorpus.pipelines.recipe.model import Near
from codecorpus.pipelines.stages.curate.sketches import Sketcher

NEAR = Near(permutations=64)
FACTS = ("content_id", "row", "size", "stars", "license", "repository", "path")


def describe(sketcher: Sketcher, texts: list[bytes], first: int = 0) -> pa.RecordBatch:
    rows = range(first, first + len(texts))
    facts = {
        name: pa.nulls(len(texts), sketcher.schema.field(name).type)
        for name in FACTS
        if name not in {"row", "size"}
    }
    facts["row"] = pa.array(rows, pa.int64())
    facts["size"] = pa.array([len(text) for text in texts], pa.int64())
    return sketcher.describe(facts, ByteColumn.from_values(texts))


TEXTS = st.lists(st.lists(st.sampled_from([b"a", b"bb", b"(", b"1"])).map(b" ".join), max_size=6)


@settings(max_examples=25)
@given(texts=TEXTS, cut=st.integers(0, 6))
def test_any_batches_give_the_same_rows(texts: list[bytes], cut: int) -> None:
    sketcher = Sketcher(NEAR)
    whole = describe(sketcher, texts)
    halves = [
        describe(sketcher, texts[:cut]),
        describe(sketcher, texts[cut:], min(cut, len(texts))),
    ]
    assert whole.schema == sketcher.schema
    joined = pa.Table.from_batches(halves)
    assert joined.to_pylist() == pa.Table.from_batches([whole]).to_pylist()


def test_equal_texts_have_equal_sketches_and_keys() -> None:
    text = b"def f(x): return x + 1, x - 1, x * 2, x / 2\n"
    names = [name for name in Sketcher(NEAR).schema.names if name.startswith(("sketch", "band_"))]
    same, copy, other = describe(Sketcher(NEAR), [text, text, text[::-1]]).select(names).to_pylist()
    assert same == copy != other


def test_a_text_with_few_tokens_is_not_comparable() -> None:
    texts = [b"x " * (MIN_TOKENS - 1), b"x " * MIN_TOKENS]
    assert describe(Sketcher(NEAR), texts)["comparable"].to_pylist() == [False, True]


def test_without_near_duplicates_there_are_only_the_facts() -> None:
    batch = describe(Sketcher(None), [b"x = 1\n"])
    assert batch.schema.names == list(FACTS)
    assert np.array(batch["size"]).tolist() == [6]
