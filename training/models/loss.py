"""Cross-entropy over the vocabulary, in chunks of tokens, so that all logits never exist at once.

For one micro-batch of CodeGeeX's own run (16 x 2,048 tokens, 52,224 entries) the logits in fp32
take 6.8 GB, and softmax and gradient as much again. The gradients are computed in the forward pass,
chunk by chunk, while a chunk's probabilities exist. With tensor parallelism each rank has a range
of the vocabulary; the maximum, the sum of exponentials and the target's logit are reduced over
ranks.
"""

from typing import Any, Final

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard

IGNORED: Final = -100
"""A target without a loss, as in torch.nn.functional.cross_entropy."""

_CHUNK_LOGITS: Final = 1 << 24
"""Logits of a chunk: 64 MB in fp32."""


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Computes losses and gradients together."""

    @staticmethod
    def forward(
        ctx: Any,  # noqa: ANN401 - autograd's own
        hidden: torch.Tensor,
        weight: torch.Tensor,
        targets: torch.Tensor,
        scale: float,
        group: dist.ProcessGroup | None,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Losses of valid tokens.

        Args:
            ctx: keeps the gradients.
            hidden: [tokens, width].
            weight: [vocabulary, width], or this rank's range of the vocabulary.
            targets: int64[tokens], all of them valid.
            scale: factor of the loss.
            group: of the ranks that share the vocabulary.

        Returns:
            The scaled sum, and the unscaled losses of the tokens.
        """
        needs_gradient = ctx.needs_input_grad[0] or ctx.needs_input_grad[1]
        entries = weight.shape[0]
        first = 0 if group is None else entries * dist.get_rank(group)
        precise = torch.promote_types(hidden.dtype, torch.float32)
        losses = torch.empty(len(hidden), dtype=precise, device=hidden.device)
        hidden_gradient = torch.zeros_like(hidden) if needs_gradient else None
        weight_gradient = (
            torch.zeros(weight.shape, dtype=precise, device=weight.device)
            if needs_gradient
            else None
        )
        for begin in range(0, len(hidden), max(1, _CHUNK_LOGITS // entries)):
            chunk = slice(begin, begin + max(1, _CHUNK_LOGITS // entries))
            probabilities, losses[chunk], local, inside = _softmax(
                (hidden[chunk] @ weight.T).to(precise), targets[chunk] - first, group
            )
            if hidden_gradient is None or weight_gradient is None:
                continue
            # The gradient of the logits: probability, less one at the target.
            rows = torch.arange(len(local), device=local.device)
            probabilities[rows, local] -= inside.to(precise)
            gradient = probabilities.mul_(scale).to(weight.dtype)
            hidden_gradient[chunk] = gradient @ weight
            weight_gradient.addmm_(gradient.T.to(precise), hidden[chunk].to(precise))
        if hidden_gradient is not None and weight_gradient is not None:
            ctx.save_for_backward(hidden_gradient, weight_gradient.to(weight.dtype))
        ctx.mark_non_differentiable(losses)
        return losses.sum() * scale, losses

    @staticmethod
    def backward(
        ctx: Any,  # noqa: ANN401 - autograd's own
        *gradients: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, None, None, None]:
        """The gradients that the forward pass computed, times that of the sum."""
        hidden, weight = ctx.saved_tensors
        return hidden * gradients[0], weight * gradients[0], None, None, None


def _softmax(
    logits: torch.Tensor, local: torch.Tensor, group: dist.ProcessGroup | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Probabilities, losses, and the targets in this rank's range of the vocabulary.

    Args:
        logits: [tokens, entries] of this rank's range; overwritten.
        local: int64[tokens], the targets less the range's first entry.
        group: of the ranks that share the vocabulary.

    Returns:
        Probabilities [tokens, entries], losses [tokens], the targets clamped to the range
        int64[tokens], and whether they lie in it bool[tokens].
    """
    inside = (local >= 0) & (local < logits.shape[1])
    local = local.clamp(0, logits.shape[1] - 1)
    largest = logits.amax(1)
    if group is not None:
        dist.all_reduce(largest, dist.ReduceOp.MAX, group)
    logits.sub_(largest[:, None])
    target = logits.gather(1, local[:, None])[:, 0] * inside
    exponentials = logits.exp_()
    sums = torch.stack([exponentials.sum(1), target])
    if group is not None:
        dist.all_reduce(sums, group=group)
    return exponentials.div_(sums[0][:, None]), sums[0].log() - sums[1], local, inside


def vocabulary_loss(
    hidden: torch.Tensor, head: nn.Linear | nn.Embedding, targets: torch.Tensor, scale: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss of a language model's last hidden states.

    Args:
        hidden: [samples, context, width]; with tensor parallelism, this rank's range of the
            sequence.
        head: its weight is [vocabulary, width]; a DTensor if tensor ranks share the vocabulary.
        targets: int64[samples, context]; `IGNORED` where there is no loss.
        scale: factor of the loss.

    Returns:
        The sum of the losses times `scale`, and the losses of all tokens [samples, context] without
        gradient, 0 where there is none. Without a valid target, loss and gradients are 0.
    """
    weight: torch.Tensor = head.weight
    group = None
    if isinstance(weight, DTensor):
        group = weight.device_mesh.get_group()
        hidden = _whole_sequence(hidden, weight)
        weight = weight.to_local()
    valid = targets != IGNORED
    loss, losses = _ChunkedCrossEntropy.apply(  # type: ignore[no-untyped-call]
        hidden[valid], weight, targets[valid], scale, group
    )
    token_losses = torch.zeros(targets.shape, dtype=losses.dtype, device=losses.device)
    token_losses[valid] = losses
    return loss, token_losses


def vocabulary_logits(hidden: torch.Tensor, head: nn.Linear | nn.Embedding) -> torch.Tensor:
    """The logits of a language model's last hidden states, [samples, context, vocabulary].

    Args:
        hidden: as for `vocabulary_loss`.
        head: as for `vocabulary_loss`.
    """
    weight: torch.Tensor = head.weight
    if not isinstance(weight, DTensor):
        return hidden @ weight.T
    local = _whole_sequence(hidden, weight) @ weight.to_local().T
    whole: torch.Tensor = DTensor.from_local(local, weight.device_mesh, [Shard(2)]).full_tensor()
    return whole


def _whole_sequence(hidden: torch.Tensor, weight: DTensor) -> torch.Tensor:
    """Gather the sequence from the tensor ranks, each of which has a range of it.

    The gradient of each rank is that of its range of the vocabulary, so they add up.
    """
    if not isinstance(hidden, DTensor):
        hidden = DTensor.from_local(hidden, weight.device_mesh, [Shard(1)])
    gathered = hidden.redistribute(placements=[Replicate()])
    whole: torch.Tensor = gathered.to_local(grad_placements=[Partial()])
    return whole
