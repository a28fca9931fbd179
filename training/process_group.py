"""The process group of a run: one process, or those that torchrun started.

A single process also makes a group, of size 1, so that every run takes the same code path. On a
GPU the default group has two backends: NCCL for tensors on the GPU, and gloo for those on the CPU,
which checkpoints use.
"""

import datetime as dt
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore, Store

from codecorpus.foundation.errors import RetryableError, UsageError

_REPORT_SECONDS: Final = 10.0
"""How long the others wait for a rank's report after a collective failed."""
_REPORT_KEY: Final = "codecorpus/failure/{}"


@dataclass(frozen=True)
class Process:
    """This process among those of the run.

    Attributes:
        rank: from 0.
        world_size: number of processes.
        local_rank: rank on this machine, which is also the number of its GPU.
        device: where the model is.
    """

    rank: int
    world_size: int
    local_rank: int
    device: torch.device

    @property
    def is_main(self) -> bool:
        """Whether this process prints and writes the run's files."""
        return self.rank == 0


class LostRankError(RetryableError):
    """Another process of the run died or does not answer."""


def choose_device(wanted: str, local_rank: int) -> torch.device:
    """The device of this process: `auto` takes a GPU if there is one.

    Raises:
        UsageError: a GPU was asked for, and there is none.
    """
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "cuda" and gpus <= local_rank:
        raise UsageError(
            f"device: cuda was asked for, but this machine has {gpus} GPUs and this is its process "
            f"number {local_rank + 1}; use `--set device=cpu`, or start at most one process per GPU"
        )
    if wanted == "cpu" or gpus <= local_rank:
        return torch.device("cpu")
    return torch.device("cuda", local_rank)


@contextmanager
def process_group(device: str, timeout: float) -> Iterator[Process]:
    """Create the process group, and destroy it when the block ends.

    Args:
        device: `auto`, `cpu` or `cuda`.
        timeout: seconds after which a collective fails because a rank does not answer.

    Raises:
        LostRankError: a collective failed in the block; names the ranks that did not report back.
    """
    rank = int(os.environ.get("RANK", "0"))
    world_size = int(os.environ.get("WORLD_SIZE", "1"))
    local_rank = int(os.environ.get("LOCAL_RANK", "0"))
    chosen = choose_device(device, local_rank)
    if chosen.type == "cuda":
        torch.cuda.set_device(chosen)
    elif "OMP_NUM_THREADS" not in os.environ:
        cores = len(os.sched_getaffinity(0))
        torch.set_num_threads(max(1, cores // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))
    store = HashStore() if "RANK" not in os.environ else None
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if chosen.type == "cuda" else "gloo",
        store=store,
        rank=rank if store else -1,
        world_size=world_size if store else -1,
        timeout=dt.timedelta(seconds=timeout),
        device_id=chosen if chosen.type == "cuda" else None,
    )
    process = Process(rank, world_size, local_rank, chosen)
    failed = True
    try:
        with _naming_lost_ranks(process):
            yield process
        failed = False
    finally:
        # After a failure, destroying the group could wait for the rank that is lost.
        if not failed or world_size == 1:
            dist.destroy_process_group()


@contextmanager
def _naming_lost_ranks(process: Process) -> Iterator[None]:
    """Turn a failed collective into an error that names the ranks that are lost.

    Each rank that sees a failure reports it in the group's store; those that do not report within
    some seconds are lost.
    """
    try:
        yield
    except (RuntimeError, dist.DistBackendError) as error:
        if process.world_size == 1 or not _is_communication(error):
            _report(process, str(error))
            raise
        silent = _silent_ranks(process, str(error))
        if not silent:
            raise
        names = ", ".join(map(str, silent))
        raise LostRankError(
            f"rank {process.rank}: rank {names} died or does not answer ({_first_line(error)}); "
            "see its own messages above, then run the same command again to resume from the last "
            "checkpoint"
        ) from error
    except BaseException as error:
        _report(process, str(error))
        raise


def _is_communication(error: BaseException) -> bool:
    text = str(error).lower()
    return isinstance(error, dist.DistBackendError | dist.DistNetworkError) or any(
        sign in text for sign in ("gloo", "nccl", "connection", "timed out", "timeout", "socket")
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0][:160]


def _report(process: Process, message: str) -> None:
    store = _store()
    if store is None:
        return
    try:
        store.set(_REPORT_KEY.format(process.rank), message[:1000] or "failed")
    except (RuntimeError, dist.DistError):  # the store is on a rank that is lost
        return


def _silent_ranks(process: Process, message: str) -> list[int]:
    """The ranks that did not report a failure of their own within `_REPORT_SECONDS`."""
    _report(process, message)
    store = _store()
    silent = [rank for rank in range(process.world_size) if rank != process.rank]
    end = time.monotonic() + _REPORT_SECONDS
    while silent and time.monotonic() < end:
        try:
            silent = [rank for rank in silent if not _reported(store, rank)]
        except (RuntimeError, dist.DistError):
            return [0]  # the store is on rank 0, unless torchrun itself holds it
        time.sleep(0.1)
    return silent


def _reported(store: Store | None, rank: int) -> bool:
    return store is not None and bool(store.check([_REPORT_KEY.format(rank)]))


def _store() -> Store | None:
    if not dist.is_initialized():
        return None
    store: Store = dist.distributed_c10d._get_default_store()  # noqa: SLF001
    return store
