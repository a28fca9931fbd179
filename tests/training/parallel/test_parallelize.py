"""Initial weights are the same on any mesh, and tied weights stay one parameter."""

import math

import pytest
import torch

from codecorpus.training.models.decoder import Decoder
from codecorpus.training.models.registry import build_model
from codecorpus.training.parallel.mesh import make_mesh
from codecorpus.training.parallel.parallelize import parallelize
from tests.training.processes import Processes
from tests.training.steps import MODELS


def initial_weights(name: str, shape: tuple[int, int, int], seed: int) -> dict[str, torch.Tensor]:
    with torch.device("meta"):
        model = build_model(MODELS[name])
    model = parallelize(model, make_mesh("cpu", shape), torch.device("cpu"), seed=seed)
    return {key: value.full_tensor() for key, value in model.state_dict().items()}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("shape", [(1, 3, 1), (1, 1, 2), (1, 2, 2), (2, 2, 1)], ids=str)
def test_initial_weights_are_the_same_on_any_mesh(
    processes: Processes, name: str, shape: tuple[int, int, int]
) -> None:
    (expected,) = processes.run(1, initial_weights, name, (1, 1, 1), 7)
    for found in processes.run(math.prod(shape), initial_weights, name, shape, 7):
        assert found.keys() == expected.keys()
        for key, value in expected.items():
            assert torch.equal(found[key], value), key


def test_another_seed_gives_other_weights(processes: Processes) -> None:
    (one,) = processes.run(1, initial_weights, "untied", (1, 1, 1), 1)
    (two,) = processes.run(1, initial_weights, "untied", (1, 1, 1), 2)
    matrices = [key for key, value in one.items() if value.ndim > 1]
    assert not any(torch.equal(one[key], two[key]) for key in matrices)
    assert one["model.norm.weight" if "model.norm.weight" in one else "norm.weight"].eq(1).all()


def untie() -> str:
    """The error after a step that leaves the weights as `parallelize_module` does: untied."""
    setattr(Decoder, "tie", lambda _: None)  # noqa: B010 - mypy checks assignments
    try:
        initial_weights("tied", (1, 1, 2), 1)
    except RuntimeError as error:
        return str(error)
    return ""


def test_weights_that_are_no_longer_tied_stop_the_run() -> None:
    with Processes(2) as own:  # the processes are changed
        assert own.run(2, untie) == ["the tied weights are two parameters after parallelizing"] * 2
