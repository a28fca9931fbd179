"""The kept files of all parts read as one table, however they are cut into parts and batches."""

import itertools
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.stages.deduplicate.kept_files import KeptFiles
from tests.pipelines.stages.deduplicate.made_up_files import SIZE, File, curated

FILES = [
    File(
        content=number,
        size=7 * number,
        stars=None if number % 3 else number,
        path=None if number % 4 == 0 else f"p{number}",
        sketch=bytes([number]) * SIZE,
    )
    for number in range(14)
]
SUBSETS = st.sets(st.integers(0, len(FILES) - 1)).map(sorted)


@settings(max_examples=25)
@given(cuts=st.lists(st.integers(0, len(FILES)), max_size=4).map(sorted), wanted=SUBSETS)
def test_any_parts_read_as_their_concatenation(cuts: list[int], wanted: list[int]) -> None:
    ends = [0, *cuts, len(FILES)]
    parts = [FILES[first:last] for first, last in itertools.pairwise(ends)]
    with tempfile.TemporaryDirectory() as folder:
        kept = KeptFiles(curated(Path(folder), parts))
        files = np.array(wanted, np.uint32)
        chosen = [FILES[number] for number in wanted]
        assert len(kept) == len(FILES)
        assert kept.offsets.tolist() == ends
        assert kept.numbers("size").tolist() == [file.size for file in FILES]
        stars = [-1 if file.stars is None else file.stars for file in FILES]
        assert kept.numbers("stars").tolist() == stars
        assert kept.take("size", files).tolist() == [file.size for file in chosen]
        assert kept.take("sketch", files).tobytes() == b"".join(file.sketch for file in chosen)
        assert kept.names(files).to_pylist() == [
            {"repository": file.repository, "path": file.path} for file in chosen
        ]
        touched = [
            part
            for part, (first, last) in enumerate(itertools.pairwise(ends))
            if any(first <= number < last for number in wanted)
        ]
        assert kept.parts_of(files).tolist() == touched


@pytest.mark.parametrize("parts", [None, [1]])
def test_batches_are_numbered_through_all_parts(tmp_path: Path, parts: list[int] | None) -> None:
    kept = KeptFiles(curated(tmp_path, [FILES[:5], FILES[5:]]))
    rows: list[int] = []
    for numbers, batch in kept.batches("path", parts=parts):
        rows += range(numbers.start, numbers.stop)
        assert batch.schema.names == ["path"]
        assert batch["path"].to_pylist() == [file.path for file in FILES[numbers]]
    assert rows == list(range(5 if parts else 0, len(FILES)))
