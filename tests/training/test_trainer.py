"""Steps of the trainer: low precision, overflow, dropout, and batches without a target."""

import math
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch.distributed.tensor import DTensor

from codecorpus.training.config import Config
from codecorpus.training.data.loader import Batch, StepBatch
from codecorpus.training.models.codegeex import CodeGeeXConfig
from codecorpus.training.models.decoder import DecoderConfig
from codecorpus.training.models.registry import build_model
from codecorpus.training.optimizer import make_optimizer
from codecorpus.training.parallel.mesh import make_mesh
from codecorpus.training.parallel.parallelize import parallelize
from codecorpus.training.trainer import Trainer
from tests.training.processes import Processes
from tests.training.steps import BATCH, CONTEXT, MODELS, VOCABULARY, slice_of

CPU = torch.device("cpu")


def make_trainer(shape: tuple[int, int, int], **values: Any) -> Trainer:
    """A trainer of a small model on a mesh of all processes."""
    defaults = {
        "model": MODELS["tied"],
        "steps": 20,
        "batch_size": BATCH,
        "learning_rate": 1e-3,
        "precision": "fp32",
    }
    config = Config(**(defaults | values))
    mesh = make_mesh("cpu", shape)
    with torch.device("meta"):
        model = build_model(config.model)
    model = parallelize(model, mesh, CPU, seed=7, precision=config.precision)
    return Trainer(model, make_optimizer(model, config), config, mesh, CPU)


def step_batch(trainer: Trainer, step: int, *, micro: int = 1, padding: bool = False) -> StepBatch:
    """This rank's part of a step of random rows; with `padding`, none has a target."""
    mesh = trainer._mesh
    random = np.random.default_rng(step)
    ids = random.integers(0, VOCABULARY, (BATCH, CONTEXT + 1)).astype(np.uint16)
    lengths = random.integers(2, CONTEXT + 2, BATCH).astype(np.int32)
    if padding:
        lengths[:] = 0
    mine = np.arange(BATCH)[slice_of(mesh.data_rank, mesh.data_size, BATCH)]
    batches = [
        Batch(
            ids[part],
            lengths[part],
            np.zeros(len(part), np.int64),
            np.arange(len(part) + 1),
            np.zeros(len(part), np.uint8),
            part,
        )
        for part in np.array_split(mine, micro)
    ]
    valid = int(np.maximum(lengths - 1, 0).sum())
    return StepBatch(step, batches, valid, BATCH * CONTEXT, np.arange(BATCH))


def weights(trainer: Trainer) -> list[np.ndarray]:
    """This rank's part of each parameter."""
    local = (cast("DTensor", each).to_local() for each in trainer.model.parameters())
    return [each.detach().numpy().copy() for each in local]


def losses(precision: str, shape: tuple[int, int, int]) -> list[float]:
    trainer = make_trainer(shape, precision=precision)
    return [trainer.step(step_batch(trainer, step)).loss for step in range(20)]


@pytest.mark.parametrize(
    ("precision", "shape"),
    [("fp16", (1, 2, 1)), ("bf16", (1, 1, 2))],
    ids=str,
)
def test_low_precision_trains_nearly_like_fp32(
    processes: Processes, precision: str, shape: tuple[int, int, int]
) -> None:
    exact = processes.run(1, losses, "fp32", (1, 1, 1))[0]
    for found in processes.run(math.prod(shape), losses, precision, shape):
        assert all(math.isfinite(loss) for loss in found)
        assert np.allclose(found, exact, atol=0.03)
        assert found != exact


def overflow(shape: tuple[int, int, int], precision: str) -> dict[str, Any]:
    """Two steps; in the first, one gradient of the last rank is infinite."""
    trainer = make_trainer(shape, precision=precision)
    before = weights(trainer)
    scale = trainer.scale.value
    clip = trainer._clip
    last = torch.distributed.get_rank() == math.prod(shape) - 1

    def clip_with_overflow() -> float:
        if last:
            gradient: Any = next(each.grad for each in trainer.model.parameters())
            gradient.to_local().view(-1)[0] = math.inf
        return clip()

    trainer._clip = clip_with_overflow  # type: ignore[method-assign]
    bad = trainer.step(step_batch(trainer, 0))
    unchanged = all(map(np.array_equal, before, weights(trainer)))
    states = len(trainer.optimizer.state)
    trainer._clip = clip  # type: ignore[method-assign]
    good = trainer.step(step_batch(trainer, 1))
    return {
        "finite": (bad.finite, good.finite),
        "unchanged": unchanged,
        "optimizer states": states,
        "scale": trainer.scale.value / scale,
        "changed": not all(map(np.array_equal, before, weights(trainer))),
    }


@pytest.mark.parametrize(
    ("precision", "shape"),
    [
        ("fp16", (1, 1, 1)),
        ("fp16", (1, 2, 2)),
        ("fp16", (2, 2, 1)),
        ("bf16", (1, 2, 1)),
        ("fp32", (1, 1, 2)),
    ],
    ids=str,
)
def test_an_overflow_on_one_rank_changes_nothing_on_any(
    processes: Processes, precision: str, shape: tuple[int, int, int]
) -> None:
    scale = 0.5 if precision == "fp16" else 1.0
    for result in processes.run(math.prod(shape), overflow, shape, precision):
        assert result == {
            "finite": (False, True),
            "unchanged": True,
            "optimizer states": 0,
            "scale": scale,
            "changed": True,
        }


def without_targets() -> list[tuple[float, float, bool]]:
    trainer = make_trainer((1, 1, 1))
    results = [
        trainer.step(step_batch(trainer, step, micro=2, padding=step == 1)) for step in range(3)
    ]
    return [(result.loss, result.gradient_norm, result.finite) for result in results]


def test_a_step_that_is_all_padding_has_loss_0(processes: Processes) -> None:
    (before, padding, after) = processes.run(1, without_targets)[0]
    assert padding == (0.0, 0.0, True)
    assert before[0] > 1
    assert after[0] > 1
    assert after[2]


DROPPING: dict[str, DecoderConfig | CodeGeeXConfig] = {
    "decoder": MODELS["tied"].model_copy(update={"dropout": 0.4}),
    "codegeex": MODELS["codegeex"].model_copy(update={"dropout": 0.4, "attention_dropout": 0.4}),
}


def with_dropout(name: str, ranks: int) -> dict[str, float]:
    """The loss of the same rows at unchanged weights; the learning rate is next to nothing."""
    trainer = make_trainer(
        (1, ranks, 1), model=DROPPING[name], learning_rate=1e-30, weight_decay=0.0
    )
    rows = step_batch(trainer, 0)

    def loss(step: int) -> float:
        return trainer.step(
            StepBatch(step, rows.micro, rows.valid_targets, rows.all_ids, rows.samples)
        ).loss

    torch.manual_seed(torch.distributed.get_rank())  # no state of the process matters
    return {"first": loss(0), "second": loss(1), "again": loss(0)}


@pytest.mark.parametrize("name", DROPPING)
@pytest.mark.parametrize("ranks", [1, 2])
def test_dropout_follows_from_the_step_alone(processes: Processes, name: str, ranks: int) -> None:
    runs = [processes.run(ranks, with_dropout, name, ranks)[0] for _ in range(2)]
    assert runs[0] == runs[1]
    assert runs[0]["first"] == runs[0]["again"]
    assert abs(runs[0]["first"] - runs[0]["second"]) > 1e-6


def seeds_differ() -> bool:
    """Whether both ranks drop different values of the same rows."""
    trainer = make_trainer((1, 2, 1), model=DROPPING["decoder"])
    trainer._seed(3, 0)
    mine = torch.rand(100)
    both = [torch.empty(100), torch.empty(100)]
    torch.distributed.all_gather(both, mine)
    return not torch.equal(both[0], both[1])


def test_ranks_drop_different_values(processes: Processes) -> None:
    assert processes.run(2, seeds_differ) == [True, True]


def stopping(asked: int) -> bool:
    trainer = make_trainer((1, 2, 1))
    rank = torch.distributed.get_rank()
    return trainer.step(step_batch(trainer, 0), stop=rank == asked).stop


@pytest.mark.parametrize(("asked", "stop"), [(-1, False), (0, True), (1, True)])
def test_all_ranks_stop_if_one_is_asked_to(processes: Processes, asked: int, stop: bool) -> None:
    assert processes.run(2, stopping, asked) == [stop, stop]


def validated(shape: tuple[int, int, int]) -> tuple[float, dict[str, float], int, float]:
    """A validation, and the loss of a step after it."""
    trainer = make_trainer(shape)
    batches = step_batch(trainer, 0, micro=2).micro
    languages = [np.where(batch.samples % 2, 1, 0).astype(np.uint8) for batch in batches]
    batches = [
        Batch(
            each.ids,
            each.lengths,
            each.document_starts,
            each.first_document,
            language,
            each.samples,
        )
        for each, language in zip(batches, languages, strict=True)
    ]
    result = trainer.validate(batches)
    after = trainer.step(step_batch(trainer, 0)).loss
    return result.loss, result.by_language, result.targets, after


@pytest.mark.parametrize("shape", [(1, 2, 1), (1, 1, 2), (2, 1, 2)], ids=str)
def test_a_validation_is_the_same_on_any_mesh(
    processes: Processes, shape: tuple[int, int, int]
) -> None:
    (expected,) = processes.run(1, validated, (1, 1, 1))
    assert expected[0] == pytest.approx(expected[3], abs=1e-6), "the loss of the same rows"
    assert len(expected[1]) == 2
    for loss, by_language, targets, after in processes.run(math.prod(shape), validated, shape):
        assert loss == pytest.approx(expected[0], abs=1e-5)
        assert by_language == pytest.approx(expected[1], abs=1e-5)
        assert targets == expected[2]
        assert after == pytest.approx(expected[3], abs=1e-5)
