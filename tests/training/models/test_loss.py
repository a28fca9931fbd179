"""The chunked loss equals cross-entropy, in value and gradients."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from codecorpus.training.models import loss
from codecorpus.training.models.loss import IGNORED, vocabulary_logits, vocabulary_loss


@pytest.mark.parametrize("chunk_logits", [1, 37 * 5, 1 << 24])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_it_equals_cross_entropy(
    monkeypatch: pytest.MonkeyPatch, chunk_logits: int, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(loss, "_CHUNK_LOGITS", chunk_logits)
    torch.manual_seed(0)
    head = nn.Linear(8, 37, bias=False, dtype=dtype)
    hidden = torch.randn(3, 11, 8, dtype=dtype, requires_grad=True)
    targets = torch.randint(0, 37, (3, 11))
    targets[0, 4:] = IGNORED
    got, tokens = vocabulary_loss(hidden, head, targets, 0.5)
    got.backward()
    gradients = hidden.grad, head.weight.grad
    hidden.grad = head.weight.grad = None
    logits = vocabulary_logits(hidden, head)
    expected = functional.cross_entropy(logits.transpose(1, 2), targets, reduction="none")
    (expected.sum() * 0.5).backward()
    limit = 1e-12 if dtype == torch.float64 else 1e-5
    torch.testing.assert_close(got, expected.sum() * 0.5, atol=limit, rtol=limit)
    torch.testing.assert_close(tokens, expected.detach(), atol=limit, rtol=limit)
    for gradient, other in zip(gradients, (hidden.grad, head.weight.grad), strict=True):
        torch.testing.assert_close(gradient, other, atol=limit, rtol=limit)
    assert not tokens.requires_grad


def test_without_targets_loss_and_gradients_are_zero() -> None:
    head = nn.Linear(8, 37, bias=False)
    hidden = torch.randn(2, 5, 8, requires_grad=True)
    got, tokens = vocabulary_loss(hidden, head, torch.full((2, 5), IGNORED), 1.0)
    got.backward()
    assert got.item() == 0.0
    assert not tokens.any()
    assert hidden.grad is not None
    assert not hidden.grad.any()
    assert head.weight.grad is not None
    assert not head.weight.grad.any()


def test_large_logits_do_not_overflow() -> None:
    head = nn.Linear(4, 10, bias=False)
    nn.init.constant_(head.weight, 1e4)
    hidden = torch.ones(1, 1, 4)
    got, _ = vocabulary_loss(hidden, head, torch.zeros(1, 1, dtype=torch.int64), 1.0)
    assert got.item() == pytest.approx(torch.tensor(10.0).log().item())
