"""Estimates for synthetic inputs: exact for a full sample, unbiased, with valid intervals."""

from collections import Counter, defaultdict
from functools import cache

import numpy as np
import pytest

from codecorpus.pipelines.preflight.confidence_intervals import Estimate
from codecorpus.pipelines.preflight.estimates import Estimator, Totals
from tests.pipelines.preflight.populations import Population, make_population

NONE = Estimate(0, 0, 0)


def truth(population: Population) -> dict[str, float]:
    records = population.records
    kept = records.reason == "kept"
    names, counts = np.unique(records.reason, return_counts=True)
    found = dict(zip(names.tolist(), counts.tolist(), strict=True))
    for language in ("Python", "C++"):
        found[f"tokens of {language}"] = records.tokens[kept & (records.language == language)].sum()
    return found | {"records": len(records), "tokens": records.tokens[kept].sum()}


def estimates(totals: Totals) -> dict[str, Estimate]:
    languages = {f"tokens of {name}": value for name, value in totals.tokens.items()}
    return totals.reasons | languages | {"records": totals.records, "tokens": totals.kept[2]}


@cache
def tried(
    count: int, rate: float, share: float | None
) -> tuple[dict[str, float], dict[str, float]]:
    """The fraction of intervals that contain each number, and its mean error in standard errors.

    Of `count` made-up inputs with a sample each.
    """
    held: Counter[str] = Counter()
    errors = defaultdict(list)
    for seed in range(count):
        population = make_population(seed)
        found = estimates(Estimator(*population.draw(seed, rate, share=share)).totals())
        for name, value in truth(population).items():
            estimate = found.get(name, NONE)
            held[name] += estimate.low - 1e-6 <= value <= estimate.high + 1e-6
            errors[name].append(estimate.value / value - 1)
    return (
        {name: held[name] / count for name in errors},
        {
            name: float(np.mean(values) / max(np.std(values) / count**0.5, 1e-9))
            for name, values in errors.items()
        },
    )


@pytest.mark.parametrize("share", [None, 1.0])
def test_estimates_from_all_records_are_exact(share: float | None) -> None:
    population = make_population(7)
    found = estimates(Estimator(*population.draw(7, 1.0, share=share)).totals())
    for name, value in truth(population).items():
        assert found[name] == pytest.approx((value, value, value)), name


def test_estimates_are_unbiased() -> None:
    _, errors = tried(100, 0.1, None)
    assert max(map(abs, errors.values())) < 4, errors


def test_intervals_of_loose_files_have_the_stated_coverage() -> None:
    held, _ = tried(100, 0.1, None)
    assert min(held.values()) >= 0.80, held


def test_intervals_have_the_stated_coverage_if_parts_are_drawn() -> None:
    """Intervals account for files drawn together with their part, and for incomplete families."""
    held, _ = tried(40, 0.1, 0.4)
    assert min(held.values()) >= 0.80, held


def test_estimates_are_deterministic() -> None:
    population = make_population(1, files=2_000)
    first, second = (Estimator(*population.draw(5, 0.2)).totals() for _ in range(2))
    assert first == second
    assert first != Estimator(*population.draw(6, 0.2)).totals()


def test_subsamples_see_fewer_duplicates_and_estimate_the_same_number() -> None:
    estimator = Estimator(*make_population(2, files=20_000).draw(2, 0.4))
    quarter, half, whole = estimator.subsample_estimates((0.25, 0.5, 1.0))
    assert quarter.rate < half.rate < whole.rate == pytest.approx(0.4)
    assert sum(quarter.seen) < sum(half.seen) < sum(whole.seen)
    totals = estimator.totals()
    assert whole.exact.value == pytest.approx(totals.reasons["exact_duplicate"].value)
    assert quarter.exact.low < whole.exact.value < quarter.exact.high
    assert quarter.near.low < whole.near.value < quarter.near.high
