"""The process group and the device of a run; lost ranks are in test_run.py."""

import pytest
import torch
import torch.distributed as dist

from codecorpus.foundation.errors import UsageError
from codecorpus.training.process_group import choose_device, process_group


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: request.param > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: request.param)


@pytest.mark.parametrize(
    ("gpus", "wanted", "expected"),
    [
        (0, "auto", "cpu"),
        (0, "cpu", "cpu"),
        (2, "cpu", "cpu"),
        (2, "auto", "cuda:1"),
        (2, "cuda", "cuda:1"),
    ],
    indirect=["gpus"],
)
@pytest.mark.usefixtures("gpus")
def test_auto_takes_a_gpu_if_there_is_one(wanted: str, expected: str) -> None:
    assert choose_device(wanted, 1) == torch.device(expected)


@pytest.mark.parametrize("gpus", [0, 1], indirect=True)
@pytest.mark.usefixtures("gpus")
def test_a_gpu_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match=r"machine has \d GPUs and this is its process number 2"):
        choose_device("cuda", 1)


def test_one_process_is_a_group_too() -> None:
    with process_group("cpu", 60.0) as process:
        assert process.is_main
        assert process.world_size == dist.get_world_size() == 1
    assert not dist.is_initialized()


def test_an_error_inside_is_kept() -> None:
    with pytest.raises(ZeroDivisionError), process_group("cpu", 60.0):
        raise ZeroDivisionError
    assert not dist.is_initialized()
