"""Checkpoints of a run: written beside the training, complete or absent.

`checkpoints/step-00000100/` holds what torch.distributed.checkpoint writes, plus `model.json`, the
model's configuration, and `complete.json`, the size of every file. A checkpoint is written as
`unfinished-00000100` and renamed as soon as its last file is complete. It can be read by any number
of processes. A checkpoint whose files do not have their sizes is passed over for the one before.
"""

import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import async_save

from codecorpus.foundation.errors import UsageError
from codecorpus.training.config import first_difference

CHECKPOINTS: Final = "checkpoints"
MODEL: Final = "model.json"
COMPLETE: Final = "complete.json"
_UNFINISHED: Final = "unfinished-"
_NAME: Final = re.compile(r"step-(\d{8,})$")


def checkpoint_name(step: int) -> str:
    """The name of the checkpoint after a number of steps: `step-00000100`."""
    return f"step-{step:08d}"


def complete_checkpoints(folder: Path, warn: Callable[[str], None]) -> Iterator[tuple[int, Path]]:
    """The usable checkpoints of a run as (step, path), newest first.

    Args:
        folder: the run's folder.
        warn: is called with a line for each damaged one.
    """
    found = []
    for path in (folder / CHECKPOINTS).glob("step-*"):
        match = _NAME.match(path.name)
        if match:
            found.append((int(match[1]), path))
    for step, path in sorted(found, reverse=True):
        damage = _damage(path)
        if damage:
            warn(f"{path}: {damage}; the checkpoint before it is used instead")
        else:
            yield step, path


def _damage(path: Path) -> str:
    """What is wrong with the files of a checkpoint, or an empty string."""
    try:
        sizes: dict[str, int] = json.loads((path / COMPLETE).read_text("utf-8"))
    except (OSError, ValueError):
        return f"incomplete: it has no readable {COMPLETE}"
    for name, size in sizes.items():
        try:
            found = (path / name).stat().st_size
        except OSError:
            return f"incomplete: {name} is missing"
        if found != size:
            return f"damaged: {name} has {found:,} bytes, expected {size:,}"
    return ""


class CheckpointWriter:
    """Writes checkpoints in a thread, one at a time; all ranks call the same methods together."""

    def __init__(
        self,
        folder: Path,
        model_json: str,
        *,
        keep: int,
        process_group: dist.ProcessGroup,
    ) -> None:
        """Remove what an interrupted save left behind.

        Args:
            folder: the run's folder.
            model_json: the model's configuration, stored beside each checkpoint.
            keep: number of checkpoints that stay.
            process_group: a gloo group that nothing else uses.
        """
        self._folder = folder / CHECKPOINTS
        self._model_json = model_json
        self._keep = keep
        self._group = process_group
        self._is_main = dist.get_rank(process_group) == 0
        self._pending: Future[Any] | None = None
        self._pending_step = 0
        self._published = threading.Event()
        self._warnings: list[str] = []
        if self._is_main:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._remove_unfinished()

    def save(
        self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, state: dict[str, Any]
    ) -> None:
        """Begin to write a checkpoint, after the one before is complete.

        Returns when the weights are copied. A failure is reported by `warnings`.

        Args:
            step: number of steps done.
            model: the parallel model.
            optimizer: its optimizer.
            state: numbers and strings that are stored beside.
        """
        self.wait()
        model_state, optimizer_state = get_state_dict(model, optimizer)
        contents = {"model": model_state, "optimizer": optimizer_state, "run": state}
        if not self._has_room(contents):
            return
        unfinished = self._folder / f"{_UNFINISHED}{step:08d}"
        self._pending_step = step
        future = async_save(contents, checkpoint_id=unfinished, process_group=self._group)
        assert isinstance(future, Future)
        self._pending = future
        if self._is_main:
            # Who waits for the future may go on before its callbacks have run.
            self._published.clear()
            future.add_done_callback(lambda done: self._publish(done, unfinished, step))

    def wait(self) -> None:
        """Wait until the last checkpoint is complete or has failed, on this rank."""
        if self._pending is None:
            return
        future, self._pending = self._pending, None
        error = future.exception()
        if self._is_main:
            self._published.wait()
        dist.barrier(self._group)  # until rank 0 has renamed it
        if error is not None and self._is_main:
            self._warn(self._pending_step, error)

    def warnings(self) -> list[str]:
        """What failed since the last call, on the main process; does not wait."""
        if self._pending is not None and self._pending.done():
            error = self._pending.exception()
            if error is not None and self._is_main:
                self._warn(self._pending_step, error)
                self._pending_step = -1
        warnings, self._warnings = self._warnings, []
        return warnings

    def _warn(self, step: int, error: BaseException) -> None:
        if step < 0:  # already reported
            return
        self._remove_unfinished()
        self._warnings.append(
            f"{self._folder / checkpoint_name(step)}: the checkpoint was not saved: "
            f"{_cause(error)}; the run continues, and the checkpoint before stays"
        )

    def _has_room(self, contents: dict[str, Any]) -> bool:
        """Whether the disk has room for another checkpoint; all ranks get the same answer."""
        answer = torch.zeros(1)
        if self._is_main:
            needed = _bytes(contents)
            free = shutil.disk_usage(self._folder).free
            answer[0] = float(free > needed)
            if not answer.item():
                self._warnings.append(
                    f"{self._folder}: no room for a checkpoint: {free / 1e9:.2f} GB are free, "
                    f"{needed / 1e9:.2f} GB are needed; the run continues, and the "
                    "checkpoint before stays"
                )
        dist.broadcast(answer, group=self._group, group_src=0)
        return bool(answer.item())

    def _publish(self, done: "Future[Any]", unfinished: Path, step: int) -> None:
        """Give a complete checkpoint its name, and remove the oldest; runs in the saving thread."""
        try:
            if done.exception() is not None:
                return
            (unfinished / MODEL).write_text(self._model_json, "utf-8")
            sizes = {path.name: path.stat().st_size for path in sorted(unfinished.iterdir())}
            (unfinished / COMPLETE).write_text(json.dumps(sizes, indent=1), "utf-8")
            final = self._folder / checkpoint_name(step)
            if final.exists():  # a damaged one that was passed over
                shutil.rmtree(final)
            os.replace(unfinished, final)  # noqa: PTH105
            complete = sorted(path for path in self._folder.glob("step-*"))
            for path in complete[: -self._keep]:
                shutil.rmtree(path, ignore_errors=True)
        except OSError as error:
            self._warn(step, error)
        finally:
            self._published.set()

    def _remove_unfinished(self) -> None:
        for path in self._folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(path, ignore_errors=True)


def checkpoint_identity(model: Mapping[str, Any], corpus: str) -> str:
    """The text of `model.json`: what a checkpoint can be loaded into.

    Args:
        model: configuration of the model.
        corpus: digest of the shards.
    """
    return json.dumps({"model": model, "corpus": corpus}, indent=1, sort_keys=True)


def load_checkpoint(
    path: Path, model: nn.Module, optimizer: torch.optim.Optimizer, identity: str
) -> dict[str, Any]:
    """Load weights and optimizer into a parallel model; return the state stored beside.

    Args:
        path: of the checkpoint.
        model: what `parallelize` returned.
        optimizer: of the model.
        identity: from `checkpoint_identity`.

    Raises:
        UsageError: the checkpoint is of another model, or of other shards.
    """
    stored = json.loads((path / MODEL).read_text("utf-8"))
    difference = first_difference(stored, json.loads(identity))
    if difference:
        raise UsageError(
            f"{path}: a checkpoint of another model or corpus: {difference}; use another --out"
        )
    model_state, optimizer_state = get_state_dict(model, optimizer)
    contents: dict[str, Any] = {
        "model": model_state,
        "optimizer": optimizer_state,
        "run": _stored_state(path),
    }
    load(contents, checkpoint_id=path)
    set_state_dict(
        model,
        optimizer,
        model_state_dict=contents["model"],
        optim_state_dict=contents["optimizer"],
    )
    state: dict[str, Any] = contents["run"]
    return state


def _stored_state(path: Path) -> dict[str, Any]:
    """The keys of the run's state, to be filled by loading."""
    metadata = FileSystemReader(path).read_metadata()
    names = [name for name in metadata.state_dict_metadata if name.startswith("run.")]
    return {name.removeprefix("run."): None for name in names}


def _bytes(contents: object) -> int:
    """Bytes of all tensors; those that are sharded count as a whole."""
    if isinstance(contents, torch.Tensor):
        return contents.numel() * contents.element_size()
    if isinstance(contents, dict):
        return sum(_bytes(value) for value in contents.values())
    return sum(_bytes(value) for value in contents) if isinstance(contents, list | tuple) else 0


def _cause(error: BaseException) -> str:
    """The line that says why a save failed; DCP wraps one exception per rank."""
    failures = getattr(error, "failures", None)
    if failures:
        first = next(iter(failures.values()))
        error = first[0] if isinstance(first, tuple) else first
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip()[:200] if lines else type(error).__name__
