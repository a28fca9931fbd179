"""Counters add up, in shared cells where there are any."""

from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.stages.counters import Counters

COUNT = st.integers(0, 1 << 40)


@given(st.lists(st.tuples(COUNT, COUNT, COUNT)))
def test_counts_are_summed(counts: list[tuple[int, int, int]]) -> None:
    cells = [0, 0, 0]
    workers = [Counters(cells), Counters(cells)]
    for number, (size, files, kept) in enumerate(counts):
        workers[number % 2].add(size=size, files=files, kept=kept)
    expected = tuple(map(sum, zip(*counts, strict=True))) or (0, 0, 0)
    assert workers[0].read() == workers[1].read() == tuple(cells) == expected


def test_counters_without_cells_are_independent() -> None:
    one, other = Counters(), Counters()
    one.add(files=1)
    assert (one.read(), other.read()) == ((0, 1, 0), (0, 0, 0))
