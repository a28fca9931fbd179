"""Each part gets its own rows of the result, whatever the sizes of the parts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.stages.arrays import write_array
from codecorpus.pipelines.stages.artifacts import CHOOSE_SURVIVORS
from codecorpus.pipelines.stages.dedup_result import COLUMNS, DedupResult
from tests.pipelines.stages.planned import plan_build


@settings(max_examples=25)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=5))
def test_parts_are_consecutive_rows(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    build = plan_build(tmp_path_factory.mktemp("result"), [0] * len(sizes))
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    written = {}
    for at, (name, (dtype, shape)) in enumerate(COLUMNS.items()):
        count = int(offsets[-1] * np.prod(shape, dtype=int))
        written[name] = ((np.arange(count) + at) % 200).astype(dtype).reshape(-1, *shape)
        write_array(build, CHOOSE_SURVIVORS.column(name), written[name], {})
    write_array(build, CHOOSE_SURVIVORS.column("offsets"), offsets, {})
    parts = [DedupResult.load(build, part) for part in range(len(sizes))]
    assert [len(part.kind) for part in parts] == sizes
    for name, whole in written.items():
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert (joined.dtype, joined.tolist()) == (whole.dtype, whole.tolist())
