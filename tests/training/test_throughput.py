"""The arithmetic that MFU counts."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from codecorpus.training.models.registry import build_model
from codecorpus.training.throughput import flops_per_token, matmul_rate, peak_memory
from tests.training.steps import CONTEXT, MODELS, VOCABULARY


@pytest.mark.parametrize("name", MODELS)
def test_it_is_what_torch_counts_in_forward_and_backward(name: str) -> None:
    """Torch counts every product of the chunked loss; attention by all pairs of positions."""
    torch.manual_seed(0)
    model = build_model(MODELS[name])
    ids = torch.randint(0, VOCABULARY, (4, CONTEXT))
    with FlopCounterMode(display=False) as counter:
        logits, _ = model(ids)
        logits.sum().backward()
    # On a CPU attention is not a matrix product to the counter: add ours.
    config = MODELS[name]
    attention = 12 * config.layers * config.attention_width * CONTEXT
    counted = counter.get_total_flops() / ids.numel()
    expected = flops_per_token(config, CONTEXT)
    assert counted in (
        pytest.approx(expected, rel=0.02),
        pytest.approx(expected - attention, rel=0.02),
    )


def test_the_rate_and_the_memory_are_those_of_a_computer() -> None:
    assert 1e8 < matmul_rate(torch.device("cpu"), torch.float32) < 1e15
    assert 1e8 < peak_memory(torch.device("cpu")) < 1e12
