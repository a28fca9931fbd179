"""Listed files are counted, and drawn by their names and sizes alone."""

from collections.abc import Callable

import pyarrow as pa
import pytest

from codecorpus.pipelines.preflight import inputs as module
from codecorpus.pipelines.preflight.inputs import Listing, list_inputs
from codecorpus.pipelines.sources.dataset_files import SCHEMA as DATA
from codecorpus.pipelines.sources.folder.inputs import SCHEMA as FILES


def files(count: int, begin: int = 0) -> pa.Table:
    numbers = range(begin, begin + count)
    columns = {
        "name": [f"r/{number}.py" for number in numbers],
        "repository": ["r"] * count,
        "path": [f"{number}.py" for number in numbers],
        "size": [1_000 + number for number in numbers],
        "kind": ["file"] * count,
    }
    return pa.table([pa.array(columns.get(f.name, [None] * count), f.type) for f in FILES], FILES)


def stripes(name: str, count: int) -> list[pa.Table]:
    whole = {"name": name, "size": 9, "kind": "zstd", "begin": 0, "end": 9, "last": 9}
    rows = [whole | {"first": stripe} for stripe in range(count)]
    return [pa.Table.from_pylist([row], DATA) for row in rows]


def listed(cut: list[tuple[int, pa.Table]], rate: float | None = None, **more: int) -> Listing:
    settings = {"part_bytes": 1 << 16, "seed": 0} | more
    return list_inputs(cut, rate=rate, **settings)


def drawn(found: Listing) -> list[str]:
    return [name for _, part in found.drawn_parts(1 << 16) for name in part["path"].to_pylist()]


def test_counts_and_draws_do_not_depend_on_parts() -> None:
    whole = listed([(0, files(5_000))], 0.1)
    halves = listed([(0, files(2_500)), (0, files(2_500, 2_500))], 0.1)
    assert sum(whole.strata.values()) == 5_000
    assert whole.strata == halves.strata
    assert drawn(whole) == drawn(halves)
    assert 400 < len(drawn(whole)) < 600
    assert set(drawn(listed([(0, files(5_000))], 0.02))) < set(drawn(whole))
    assert set(drawn(whole)) != set(drawn(listed([(0, files(5_000))], 0.1, seed=1)))


def test_without_a_rate_about_the_default_number_of_files_is_drawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "DEFAULT_FILES", 500)
    monkeypatch.setattr(module, "_MAX_DRAWN", 1_000)
    cut = [(0, files(1_000, 1_000 * part)) for part in range(5)]
    found = listed(cut)
    assert found.rate == pytest.approx(0.1)
    assert drawn(found) == drawn(listed(cut, 0.1)), (
        "files that belong to the sample were dropped early"
    )
    assert listed([(0, files(100))]).rate == 1.0


def tar_stripes(name: str, count: int) -> list[pa.Table]:
    whole = {"name": name, "size": 9, "kind": "tar", "splits": count, "count": 3}
    rows = [whole | {"split": stripe, "first": 3 * stripe} for stripe in range(count)]
    return [pa.Table.from_pylist([row], FILES) for row in rows]


@pytest.mark.parametrize("make", [stripes, tar_stripes])
def test_splits_that_decompress_the_same_bytes_are_drawn_together(
    make: Callable[[str, int], list[pa.Table]],
) -> None:
    cut = [(0, part) for at in range(60) for part in make(f"{at}.x", 4)]
    found = listed(cut, 0.1, max_container_bytes=120 << 16)
    assert found.share == pytest.approx(0.5)
    assert found.container_counts[0] == found.parts == 240
    taken = [part.inputs["name"][0].as_py() for part in found.containers]
    assert 0 < len(taken) < 240
    assert {taken.count(name) for name in set(taken)} == {4}


def test_all_archives_are_read_if_they_are_small() -> None:
    found = listed([(0, part) for part in stripes("a.jsonl.zst", 8)], 0.1)
    assert found.share == 1.0
    assert len(found.containers) == 8
    assert found.inner_limit == found.loose_limit
