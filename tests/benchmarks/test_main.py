"""The texts of `make benchmark` that come from docstrings, and its tables."""

import pytest

from benchmarks.__main__ import CLAIMS, roofline
from benchmarks.results import table


@pytest.mark.parametrize("name", CLAIMS)
def test_every_claim_states_its_roofline(name: str) -> None:
    assert len(roofline(CLAIMS[name].__doc__)) > 40


def test_markdown_table() -> None:
    assert table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
