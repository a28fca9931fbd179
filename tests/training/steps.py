"""Twenty steps of training on made-up rows, on any mesh."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.fsdp import FSDPModule

from codecorpus.training.models.codegeex import CodeGeeXConfig
from codecorpus.training.models.decoder import DecoderConfig
from codecorpus.training.models.registry import build_model
from codecorpus.training.parallel.mesh import make_mesh
from codecorpus.training.parallel.parallelize import parallelize

VOCABULARY = 64
CONTEXT = 16
BATCH = 12

MODELS: dict[str, DecoderConfig | CodeGeeXConfig] = {
    "tied": DecoderConfig(
        type="decoder", layers=2, width=32, heads=4, kv_heads=4, feed_forward=48,
        context=CONTEXT, vocabulary=VOCABULARY, tied=True,
    ),
    "untied": DecoderConfig(
        type="decoder", layers=2, width=32, heads=4, kv_heads=4, feed_forward=48,
        context=CONTEXT, vocabulary=VOCABULARY, tied=False,
    ),
    "codegeex": CodeGeeXConfig(
        type="codegeex", layers=3, width=32, heads=4, feed_forward=64,
        context=CONTEXT, vocabulary=VOCABULARY, dropout=0.0, attention_dropout=0.0,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A way to divide the work.

    Attributes:
        shape: replicate, shard, tensor.
        zero: 2 or 3.
        accumulation: micro-batches of a rank.
        precision: as in a configuration.
        documents: whether positions and attention begin anew within rows.
    """

    shape: tuple[int, int, int] = (1, 1, 1)
    zero: int = 2
    accumulation: int = 1
    precision: str = "fp64"
    documents: bool = False
    checkpointing: bool = False
    compiled: bool = False

    @property
    def ranks(self) -> int:
        replicate, shard, tensor = self.shape
        return replicate * shard * tensor


def rows(step: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids, targets and documents of a step; rows have unequal padding, one has no target."""
    generator = torch.Generator().manual_seed(step)
    ids = torch.randint(0, VOCABULARY, (BATCH, CONTEXT + 1), generator=generator)
    lengths = torch.randint(2, CONTEXT + 2, (BATCH,), generator=generator)
    lengths[0], lengths[1] = 0, CONTEXT + 1
    targets = ids[:, 1:].clone()
    targets[torch.arange(1, CONTEXT + 1)[None] >= lengths[:, None]] = -100
    borders = torch.randint(1, CONTEXT, (BATCH, 1), generator=generator)
    documents = (torch.arange(CONTEXT)[None] >= borders).to(torch.int32)
    return ids[:, :-1], targets, documents


def train(name: str, case: Case, steps: int = 20) -> list[tuple[float, float]]:
    """Loss and gradient norm of each step."""
    mesh = make_mesh("cpu", case.shape)
    with torch.device("meta"):
        model = build_model(MODELS[name])
    model = parallelize(
        model,
        mesh,
        torch.device("cpu"),
        seed=7,
        zero=case.zero,
        precision=case.precision,
        activation_checkpointing=case.checkpointing,
        compile_blocks=case.compiled,
    )
    assert model.is_tied is MODELS[name].tied
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    parameters = list(model.parameters())
    trace = []
    for step in range(steps):
        ids, targets, documents = rows(step)
        valid = int((targets != -100).sum())
        mine = slice_of(mesh.data_rank, mesh.data_size, BATCH)
        total = torch.zeros((), dtype=torch.float64)
        pieces = torch.arange(BATCH)[mine].chunk(case.accumulation)
        for number, piece in enumerate(pieces):
            assert isinstance(model, FSDPModule)
            model.set_requires_gradient_sync(number == len(pieces) - 1 or case.zero == 3)
            loss, _ = model(
                ids[piece],
                targets[piece],
                positions_of(documents[piece]) if case.documents else None,
                documents[piece] if case.documents else None,
                mesh.data_size / valid,
            )
            loss.backward()
            total += loss.detach()
        norm: Any = nn.utils.clip_grad_norm_(parameters, 1.0)
        norm = norm.full_tensor() if hasattr(norm, "full_tensor") else norm
        dist.all_reduce(total)
        optimizer.step()
        optimizer.zero_grad()
        assert model.is_tied is MODELS[name].tied
        trace.append((total.item() / mesh.world_size, norm.item()))
    return trace


def slice_of(rank: int, ranks: int, rows: int) -> slice:
    return slice(rank * rows // ranks, (rank + 1) * rows // ranks)


def positions_of(documents: torch.Tensor) -> torch.Tensor:
    column = torch.arange(documents.shape[1])
    begins = torch.ones_like(documents, dtype=torch.bool)
    begins[:, 1:] = documents[:, 1:] != documents[:, :-1]
    return column - torch.where(begins, column, 0).cummax(1).values


def difference(trace: list[tuple[float, float]], other: list[tuple[float, float]]) -> float:
    """The largest difference of a loss or norm."""
    return max(
        abs(a - b)
        for first, second in zip(trace, other, strict=True)
        for a, b in zip(first, second, strict=True)
    )
