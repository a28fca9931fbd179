"""Files whose repository an earlier source has."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.pipelines.stages.deduplicate.source_priority import in_earlier_source

Part = tuple[int, list[str | None]]
"""The number of a part's source, and the repository of each file that was kept there."""


class Files:
    """Stands in for `KeptFiles`: the repositories, two rows per batch."""

    def __init__(self, parts: list[Part]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(len(names) for _, names in self._parts)

    def batches(
        self, *columns: str, parts: Sequence[int]
    ) -> Iterator[tuple[slice, pa.RecordBatch]]:
        assert columns == ("repository",)
        for part in parts:
            before = sum(len(names) for _, names in self._parts[:part])
            names = self._parts[part][1]
            for at in range(0, len(names), 2):
                piece = pa.array(names[at : at + 2], pa.string())
                rows = slice(before + at, before + at + len(piece))
                yield rows, pa.record_batch([piece], ["repository"])


def is_earlier(parts: list[Part], *, asked: bool = True) -> list[bool]:
    build = SimpleNamespace(
        plan=SimpleNamespace(parts=[SimpleNamespace(source=source) for source, _ in parts]),
        recipe=SimpleNamespace(deduplicate=SimpleNamespace(repositories=asked)),
    )
    found: list[bool] = in_earlier_source(cast("Any", build), cast("Any", Files(parts))).tolist()
    return found


def test_the_first_source_that_has_a_repository_keeps_it() -> None:
    parts: list[Part] = [(0, ["o/a", "o/b"]), (1, ["o/b", "o/c"]), (2, ["o/a", "o/c", "o/d"])]
    assert is_earlier(parts) == [False, False, True, False, True, True, False]


def test_sources_do_not_drop_their_own_files() -> None:
    assert not any(is_earlier([(0, ["o/a", "o/a"]), (0, ["o/a"])]))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("Owner/Name", "owner/name", True),
        ("o/É", "o/é", False),  # GitHub's names are ASCII; case is ignored for ASCII only
        ("name", "name", False),
        ("a/b/c", "a/b/c", False),
        (None, None, False),
        ("/name", "/name", False),
    ],
)
def test_only_names_in_the_form_of_github_are_compared(
    first: str | None, second: str | None, same: bool
) -> None:
    assert is_earlier([(0, [first]), (1, [second])]) == [False, same]


def test_a_recipe_may_keep_all_copies_of_a_repository() -> None:
    assert not any(is_earlier([(0, ["o/a"]), (1, ["o/a"])], asked=False))


NAMES = st.sampled_from([None, "bare", "o/a", "O/A", "o/b", "p/a", "p/b"])


@given(st.lists(st.tuples(st.integers(0, 3), st.lists(NAMES, max_size=5)), max_size=6))
def test_the_result_agrees_with_the_definition(parts: list[Part]) -> None:
    expected = []
    for source, names in parts:
        earlier = {
            name.lower()
            for other, others in parts
            for name in others
            if other < source and name is not None and "/" in name
        }
        expected += [name is not None and name.lower() in earlier for name in names]
    assert is_earlier(parts) == expected
    assert np.asarray(expected).sum() <= sum(len(names) for _, names in parts)
