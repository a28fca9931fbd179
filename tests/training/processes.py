"""Processes that keep torch imported and run functions as ranks of fresh process groups."""

import contextlib
import datetime as dt
import multiprocessing
import tempfile
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch
import torch.distributed as dist


class Processes:
    """Up to four processes; each case uses the first few as ranks."""

    def __init__(self, count: int = 4) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipes: list[Connection] = []
        self._processes = []
        for _ in range(count):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there,), daemon=True)
            process.start()
            there.close()
            self._pipes.append(here)
            self._processes.append(process)

    def run(self, ranks: int, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """Call a function on several ranks; return the results in their order."""
        with tempfile.TemporaryDirectory() as folder:
            for rank, pipe in enumerate(self._pipes[:ranks]):
                pipe.send((function, arguments, rank, ranks, str(Path(folder) / "store")))
            answers = [pipe.recv() for pipe in self._pipes[:ranks]]
        errors = [error for error, _ in answers if error]
        assert not errors, "\n".join(errors)
        return [result for _, result in answers]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                pipe.send(None)
        for process in self._processes:
            process.join(10)
            process.kill()


def _serve(pipe: Connection) -> None:
    torch.set_num_threads(1)
    while (task := pipe.recv()) is not None:
        function, arguments, rank, ranks, store = task
        try:
            with group(rank, ranks, store):
                pipe.send(("", function(*arguments)))
        except BaseException:  # noqa: BLE001 - every failure is reported to the test
            pipe.send((traceback.format_exc(), None))


@contextlib.contextmanager
def group(rank: int, ranks: int, store: str) -> Any:
    """A gloo process group whose ranks meet at a file."""
    dist.init_process_group(
        "gloo",
        init_method=f"file://{store}",
        rank=rank,
        world_size=ranks,
        timeout=dt.timedelta(seconds=60),
    )
    try:
        yield
    finally:
        dist.destroy_process_group()
