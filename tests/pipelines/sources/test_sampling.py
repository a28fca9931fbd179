"""A sample draws each record with the rate, deterministically, and copies together."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.shingles import mix64
from codecorpus.pipelines.sources.base import RECORDS, make_records
from codecorpus.pipelines.sources.sampling import Sampler, draw_limit, draw_numbers

PATHS = st.lists(st.one_of(st.none(), st.text(min_size=1, max_size=12)), min_size=1, max_size=30)


def numbers(paths: list[str | None], sizes: list[int], seed: int = 0) -> np.ndarray:
    return draw_numbers(
        pa.array(["r"] * len(paths), pa.string()),
        pa.array(paths, pa.string()),
        sizes=np.array(sizes, np.int64),
        rows=np.arange(len(paths), dtype=np.int64),
        seed=seed,
    )


@pytest.mark.parametrize("rate", [0.01, 0.2, 1.0])
def test_each_record_is_drawn_with_the_rate(rate: float) -> None:
    count = 40_000
    drawn = numbers([f"a/{at}.py" for at in range(count)], list(range(count))) < draw_limit(rate)
    assert abs(drawn.any(axis=0).mean() - rate) < 4 * (rate * (1 - rate) / count) ** 0.5 + 1e-12


def test_draws_by_name_and_by_size_are_independent() -> None:
    by_name, by_size = numbers([f"{at}.py" for at in range(20_000)], list(range(20_000)))
    assert abs(np.corrcoef(by_name, by_size)[0, 1]) < 0.03


@given(PATHS, st.integers(0, 5))
def test_a_draw_number_depends_on_the_record_alone(paths: list[str | None], seed: int) -> None:
    sizes = [len(path or "") for path in paths]
    together = numbers(paths, sizes, seed)
    assert ((together >= 0) & (together < 1)).all()
    for at, (path, size) in enumerate(zip(paths, sizes, strict=True)):
        alone = draw_numbers(
            pa.array(["r"]),
            pa.array([path], pa.string()),
            sizes=np.array([size]),
            rows=np.array([at]),
            seed=seed,
        )
        assert alone[:, 0].tolist() == together[:, at].tolist()


@given(st.integers(0, (1 << 63) - 1), st.integers(0, 5))
def test_sizes_are_hashed_by_mix64(size: int, seed: int) -> None:
    key = (size + 0x9E3779B97F4A7C15 * (seed + 3)) % 2**64
    expected = int(mix64(np.uint64(key))) >> 11
    assert numbers(["a.py"], [size], seed)[1, 0] == expected / 2**53


def test_copies_share_a_draw_number_whatever_their_names() -> None:
    found = numbers(
        ["x/six.py", "y/z/six.py", "seven.py", "pkg/__init__.py", "__init__.py"], [9] * 5
    )
    assert len(set(found[1])) == 1
    assert found[0, 0] == found[0, 1] != found[0, 2]
    assert found[0, 3] != found[0, 4], "a folder's name counts where the base name says nothing"


def test_a_record_that_was_not_read_is_drawn_by_its_whole_name() -> None:
    found = numbers(["a/logo.png", "b/logo.png"], [-1, -1])
    assert found[0, 0] == found[0, 1]
    assert found[1, 0] != found[1, 1]


def test_drawn_records_keep_their_row_numbers() -> None:
    rows = 2_000
    records = make_records(
        0,
        rows,
        path=pa.array([f"{at}.py" for at in range(rows)]),
        content=pa.array([b"x" * (at % 97) for at in range(rows)], pa.large_binary()),
    )
    sampler = Sampler(seed=3, limit=draw_limit(0.3), begin=1)
    whole = sampler.sample(records, 1)
    halves = [sampler.sample(records.slice(at, rows // 2), 1) for at in (0, rows // 2)]
    assert whole.schema == RECORDS
    assert 0 < len(whole) < rows
    assert whole.column("row").to_pylist() == [
        row for half in halves for row in half.column("row").to_pylist()
    ]
    assert Sampler(seed=3, limit=draw_limit(0.1), begin=1).sample(records, 1).num_rows < len(whole)
    assert sampler.sample(records, 0) is records, "parts before `begin` were drawn before"
