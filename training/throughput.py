"""Model FLOPs utilization (MFU): the model's arithmetic a second over what the device can do.

FLOPs per token, forward and backward, as in PaLM (arXiv 2204.02311, appendix B): six per parameter
that takes part in a matrix product, and 12 x layers x width x context for attention. The product
with the vocabulary counts, looking up embeddings does not, and neither does what activation
checkpointing computes again. The device's rate is that of a matrix product in the dtype of the
run's own products, measured when the run starts, not a figure from a data sheet.
"""

import time
from typing import Final

import torch

from codecorpus.training.models.registry import ModelConfig, matmul_parameters

_SIZES: Final = {"cpu": 2048, "cuda": 8192}
_REPEATS: Final = {"cpu": 3, "cuda": 20}


def flops_per_token(model: ModelConfig, context: int) -> float:
    """FLOPs to train on one token, forward and backward."""
    attention = 12 * model.layers * model.attention_width * context
    return 6.0 * matmul_parameters(model) + attention


def matmul_rate(device: torch.device, dtype: torch.dtype) -> float:
    """FLOPs a second of a square matrix product: the best of a few, after one to warm up."""
    size = _SIZES[device.type]
    left = torch.randn(size, size, device=device).to(dtype)
    right = torch.randn(size, size, device=device).to(dtype)
    best = float("inf")
    for _ in range(1 + _REPEATS[device.type]):
        begin = time.perf_counter()
        left @ right
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        best = min(best, time.perf_counter() - begin)
    return 2.0 * size**3 / best


def peak_memory(device: torch.device) -> int:
    """Peak bytes: allocated on a GPU, or resident in this process on a CPU."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    import resource  # not on every platform that imports this module

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
