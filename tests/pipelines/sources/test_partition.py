import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.partition import Partitioner, runs, weigh

WEIGHTS = st.lists(st.integers(1, 100), max_size=30)


@settings(deadline=None)
@given(WEIGHTS, st.integers(1, 150), st.integers(0, 150))
def test_runs_follow_each_other_and_are_as_full_as_may_be(
    weights: list[int], most: int, begun: int
) -> None:
    found = list(runs(np.array(weights, np.int64), most, begun))
    assert [start for start, _, _ in found] == [0, *(end for _, end, _ in found[:-1])]
    assert found[-1][1] == len(weights)
    for number, (start, end, weight) in enumerate(found):
        assert weight == sum(weights[start:end]) + (begun if number == 0 else 0)
        assert weight <= most or end - start <= (0 if number == 0 and begun else 1)
        if number + 1 < len(found):
            assert weight + weights[end] > most


@settings(deadline=None)
@given(st.lists(WEIGHTS, max_size=6), st.integers(1, 150))
def test_parts_hold_all_inputs_in_order_however_they_are_handed_in(
    weights: list[list[int]], most: int
) -> None:
    def cut(handed: list[list[int]]) -> list[list[int]]:
        partitioner = Partitioner(most)
        parts: list[pa.Table] = []
        for one in handed:
            parts += partitioner.add(
                pa.table({"w": pa.array(one, pa.int64())}), np.array(one, np.int64)
            )
        parts += partitioner.flush()
        return [part.column("w").to_pylist() for part in parts]

    flat = [weight for one in weights for weight in one]
    parts = cut(weights)
    assert [weight for part in parts for weight in part] == flat
    assert parts == cut([flat])
    assert all(sum(part) <= most or len(part) == 1 for part in parts)


def test_only_what_may_be_read_weighs_its_size() -> None:
    paths = pa.array(["a.py", "b.png", "huge.py"])
    sizes = np.array([10_000, 10_000, Limits.record_bytes + 1])
    weights = weigh(paths, sizes, lambda names: np.array([n.as_py() == "b.png" for n in names]))
    assert weights[0] > 10_000
    assert weights[1] == weights[2] < 5_000
