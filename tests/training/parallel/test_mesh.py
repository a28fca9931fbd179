"""Sizes of the mesh, and models that tensor parallelism does not divide."""

import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.training.models.codegeex import CodeGeeXConfig
from codecorpus.training.models.decoder import DecoderConfig
from codecorpus.training.parallel.mesh import check_tensor_parallel, make_mesh, mesh_shape
from tests.training.processes import Processes
from tests.training.steps import MODELS


@pytest.mark.parametrize(
    ("wanted", "shape"),
    [((1, None, 1), (1, 8, 1)), ((2, None, 2), (2, 2, 2)), ((1, None, 8), (1, 1, 8))],
)
def test_the_shard_dimension_takes_the_rest(
    wanted: tuple[int, int | None, int], shape: tuple[int, int, int]
) -> None:
    replicate, shard, tensor = wanted
    assert mesh_shape(8, replicate=replicate, shard=shard, tensor=tensor) == shape


@pytest.mark.parametrize("wanted", [(3, None, 1), (1, 4, 1), (1, None, 16), (2, 2, 4)])
def test_sizes_that_do_not_multiply_to_the_processes_are_refused(
    wanted: tuple[int, int | None, int],
) -> None:
    replicate, shard, tensor = wanted
    with pytest.raises(UsageError, match="processes, but 8 were started"):
        mesh_shape(8, replicate=replicate, shard=shard, tensor=tensor)


@pytest.mark.parametrize(
    ("changes", "tensor", "message"),
    [
        ({"kv_heads": 2}, 4, "parallel.tensor is 4, more than the model's 2 kv_heads"),
        ({"heads": 3, "kv_heads": 3, "width": 36}, 2, "does not divide the model's heads, 3"),
        ({"feed_forward": 49}, 2, "does not divide the model's feed_forward, 49"),
        ({"context": 17}, 2, "does not divide the model's context, 17"),
        ({"vocabulary": 65}, 2, "vocabulary, 65; pad it with `--set model.vocabulary=…`"),
        ({"heads": 8, "kv_heads": 4, "width": 48}, 3, "does not divide the model's heads, 8"),
    ],
)
def test_sizes_that_tensor_ranks_do_not_divide_are_refused(
    changes: dict[str, int], tensor: int, message: str
) -> None:
    config = DecoderConfig(**(MODELS["tied"].model_dump() | changes))
    with pytest.raises(UsageError) as error:
        check_tensor_parallel(config, tensor)
    assert message in str(error.value)
    check_tensor_parallel(config, 1)


def test_codegeex_is_checked_too() -> None:
    config = CodeGeeXConfig(**(MODELS["codegeex"].model_dump() | {"feed_forward": 66}))
    check_tensor_parallel(config, 2)
    with pytest.raises(UsageError, match="does not divide the model's feed_forward, 66"):
        check_tensor_parallel(config, 4)


def place(shape: tuple[int, int, int]) -> tuple[int, int, int]:
    mesh = make_mesh("cpu", shape)
    return mesh.data_rank, mesh.data_size, mesh.tensor_size


@pytest.mark.parametrize(
    ("shape", "data_ranks"), [((2, 2, 1), [0, 1, 2, 3]), ((1, 2, 2), [0, 0, 1, 1])]
)
def test_tensor_ranks_have_the_same_rows(
    processes: Processes, shape: tuple[int, int, int], data_ranks: list[int]
) -> None:
    places = processes.run(4, place, shape)
    assert [place[0] for place in places] == data_ranks
    assert {place[1:] for place in places} == {(len(set(data_ranks)), shape[2])}
