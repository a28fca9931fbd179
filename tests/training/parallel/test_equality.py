"""Every way to divide the work trains like one process."""

import functools

import pytest

from tests.training.processes import Processes
from tests.training.steps import MODELS, Case, difference, train

LIMITS = {"fp64": 1e-10, "fp32": 1e-5}

COVERING = [
    ("tied", Case((1, 2, 1))),
    ("tied", Case((1, 4, 1), zero=3, accumulation=3)),
    ("tied", Case((1, 2, 2), zero=3, documents=True)),
    ("untied", Case((2, 2, 1), accumulation=2)),
    ("untied", Case((1, 1, 2), precision="fp32")),
    ("codegeex", Case((1, 3, 1), zero=3, checkpointing=True)),
    ("codegeex", Case((1, 2, 2), documents=True, accumulation=2)),
]

SHAPES = [
    ((1, 2, 1), 2), ((1, 2, 1), 3), ((1, 3, 1), 2), ((1, 3, 1), 3), ((1, 4, 1), 2), ((1, 4, 1), 3),
    ((2, 2, 1), 2), ((2, 2, 1), 3), ((1, 1, 2), 2), ((1, 1, 4), 2), ((1, 2, 2), 2), ((1, 2, 2), 3),
]  # fmt: skip


@functools.cache
def alone(
    processes: Processes, name: str, precision: str, documents: bool
) -> list[tuple[float, float]]:
    """The trace of one process."""
    case = Case(precision=precision, documents=documents)
    (trace,) = processes.run(1, train, name, case)
    return trace


def check(processes: Processes, name: str, case: Case) -> None:
    expected = alone(processes, name, case.precision, case.documents)
    traces = processes.run(case.ranks, train, name, case)
    assert all(trace == traces[0] for trace in traces), "all ranks see the same numbers"
    assert difference(traces[0], expected) < LIMITS[case.precision]


@pytest.mark.parametrize(("name", "case"), COVERING, ids=str)
def test_a_selection_equals_one_process(processes: Processes, name: str, case: Case) -> None:
    check(processes, name, case)


@pytest.mark.slow
@pytest.mark.parametrize("precision", LIMITS)
@pytest.mark.parametrize("accumulation", [1, 3])
@pytest.mark.parametrize(("shape", "zero"), SHAPES, ids=str)
@pytest.mark.parametrize("name", MODELS)
def test_every_combination_equals_one_process(
    processes: Processes,
    name: str,
    shape: tuple[int, int, int],
    zero: int,
    accumulation: int,
    precision: str,
) -> None:
    check(processes, name, Case(shape, zero, accumulation, precision))


def test_training_changes_the_loss(processes: Processes) -> None:
    """Equality of runs in which nothing happens would prove nothing."""
    trace = alone(processes, "tied", "fp64", False)
    assert len({loss for loss, _ in trace}) == 20
    assert all(norm > 0.01 for _, norm in trace)


@pytest.mark.parametrize("name", MODELS)
def test_activation_checkpointing_changes_no_number(processes: Processes, name: str) -> None:
    (trace,) = processes.run(1, train, name, Case(checkpointing=True))
    assert trace == alone(processes, name, "fp64", False)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_compiled_blocks_train_alike(processes: Processes, name: str) -> None:
    (trace,) = processes.run(1, train, name, Case(compiled=True), 3)
    assert difference(trace, alone(processes, name, "fp64", False)[:3]) < 1e-10
