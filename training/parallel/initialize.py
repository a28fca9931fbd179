"""Initial weights that are the same on any mesh.

Each parameter is drawn as a whole on the CPU, from a generator seeded by the run's seed and the
parameter's name; a process keeps its shard. Random initialization through DTensors would depend on
the mesh.
"""

import hashlib

import torch
from torch.distributed.tensor import DTensor

from codecorpus.training.models.registry import Model


def initialize(model: Model, seed: int) -> None:
    """Fill the parameters: matrices from normal distributions, norms with 1, biases with 0."""
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            full = torch.empty(parameter.shape, dtype=torch.float32)
            full.normal_(0.0, model.init_std(name), generator=_generator(seed, name))
        else:
            full = torch.full(parameter.shape, 0.0 if name.endswith("bias") else 1.0)
        with torch.no_grad():
            local = parameter.to_local() if isinstance(parameter, DTensor) else parameter
            local.copy_(local_shard(full, parameter))


def _generator(seed: int, name: str) -> torch.Generator:
    digest = hashlib.blake2b(name.encode(), digest_size=8, key=seed.to_bytes(8, "little")).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "little") >> 1)


def local_shard(full: torch.Tensor, parameter: torch.Tensor) -> torch.Tensor:
    """The part of a whole tensor that this process has of a parameter.

    The tensor dimension of the mesh splits first, then FSDP2 splits what is left; both give the
    first ranks the larger parts, as torch.chunk does.
    """
    if not isinstance(parameter, DTensor):
        return full
    coordinate = parameter.device_mesh.get_coordinate()
    assert coordinate is not None
    dimensions = zip(parameter.placements, parameter.device_mesh.shape, coordinate, strict=True)
    for placement, size, rank in reversed(list(dimensions)):
        dimension = getattr(placement, "dim", None)  # None: replicated
        if dimension is not None:
            pieces = full.chunk(size, dim=dimension)
            full = pieces[rank] if rank < len(pieces) else full.narrow(dimension, 0, 0)
    return full
