"""Slices cover a search without gap or overlap."""

from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.crawl.query_slices import Slice, halves, search_query

WHOLE = Slice("Python", 0, 1_000, 1)
POINTS = st.tuples(st.integers(0, 1_000), st.integers(1, 10_000))


def leaves(whole: Slice, points: list[tuple[int, int]], limit: int) -> list[Slice]:
    parts = halves(whole)
    if sum(whole.contains(*point) for point in points) <= limit or parts is None:
        return [whole]
    return [leaf for part in parts for leaf in leaves(part, points, limit)]


@given(st.lists(POINTS, max_size=60), st.integers(1, 10))
def test_each_repository_is_in_exactly_one_slice(points: list[tuple[int, int]], limit: int) -> None:
    found = leaves(WHOLE, points, limit)
    for point in points:
        assert sum(leaf.contains(*point) for leaf in found) == 1
    for leaf in found:
        inside = [point for point in points if leaf.contains(*point)]
        assert len(inside) <= limit or (halves(leaf) is None and len(set(inside)) == 1)


@given(POINTS, st.integers(0, 500), st.integers(0, 500), st.integers(1, 50), st.integers(0, 50))
def test_halves_cover_the_slice(
    point: tuple[int, int], start: int, span: int, stars: int, more: int
) -> None:
    for until in (None, stars + more):
        whole = Slice("Java", start, start + span, stars, until)
        parts = halves(whole)
        if parts is None:
            assert span == 0
            assert until == stars
        else:
            assert sum(part.contains(*point) for part in parts) == whole.contains(*point)
            assert whole not in parts


def test_the_query_contains_the_bounds() -> None:
    part = Slice("C++", 0, 86_399, 1, 9)
    assert search_query(part, ("size:<10",)) == (
        "language:C++ created:1970-01-01T00:00:00Z..1970-01-01T23:59:59Z stars:1..9 size:<10"
    )
    assert search_query(WHOLE).endswith("stars:1..*")
