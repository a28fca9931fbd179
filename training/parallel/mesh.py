"""The mesh of processes, `replicate x shard x tensor`."""

from dataclasses import dataclass

from torch.distributed.device_mesh import DeviceMesh, init_device_mesh

from codecorpus.foundation.errors import UsageError
from codecorpus.training.models.codegeex import CodeGeeXConfig
from codecorpus.training.models.decoder import DecoderConfig


@dataclass(frozen=True)
class Mesh:
    """This process in the mesh.

    Attributes:
        device_mesh: its dimensions are named `replicate`, `shard` and `tensor`.
        world_size: number of processes.
        tensor_size: processes that share each sample.
        data_size: groups of processes that have their own samples.
        data_rank: the number of this process's group.
    """

    device_mesh: DeviceMesh
    world_size: int
    tensor_size: int
    data_size: int
    data_rank: int


def mesh_shape(
    world_size: int, *, replicate: int, shard: int | None, tensor: int
) -> tuple[int, int, int]:
    """The sizes of the three dimensions.

    Raises:
        UsageError: they do not multiply to the number of processes.
    """
    if shard is None:
        shard = max(1, world_size // (replicate * tensor))
    if replicate * shard * tensor != world_size:
        raise UsageError(
            f"parallel: replicate {replicate} x shard {shard} x tensor {tensor} is "
            f"{replicate * shard * tensor} processes, but {world_size} were started"
        )
    return replicate, shard, tensor


def make_mesh(device_type: str, shape: tuple[int, int, int]) -> Mesh:
    """The mesh of all processes; all of them call this together.

    Args:
        device_type: `cpu` or `cuda`.
        shape: from `mesh_shape`.
    """
    mesh = init_device_mesh(device_type, shape, mesh_dim_names=("replicate", "shard", "tensor"))
    replicate, shard, tensor = shape
    coordinate = mesh.get_coordinate()
    assert coordinate is not None
    return Mesh(
        device_mesh=mesh,
        world_size=replicate * shard * tensor,
        tensor_size=tensor,
        data_size=replicate * shard,
        data_rank=coordinate[0] * shard + coordinate[1],
    )


def check_tensor_parallel(config: DecoderConfig | CodeGeeXConfig, tensor: int) -> None:
    """Check that tensor parallelism divides the sizes of a model.

    Raises:
        UsageError: names the first size that it does not divide.
    """
    if tensor > config.kv_heads:
        raise UsageError(
            f"parallel.tensor is {tensor}, more than the model's {config.kv_heads} kv_heads"
        )
    for name in ("heads", "kv_heads", "feed_forward", "vocabulary", "context"):
        size = getattr(config, name)
        if size % tensor:
            raise UsageError(
                f"parallel.tensor {tensor} does not divide the model's {name}, {size}"
                + ("; pad it with `--set model.vocabulary=…`" if name == "vocabulary" else "")
            )
