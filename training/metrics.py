"""What a run reports: `metrics.jsonl`, TensorBoard events and lines on the terminal.

`metrics.jsonl` has one JSON object per logged step and one per validation. When a run resumes, the
lines of steps after its checkpoint are cut, because these steps are run again.
"""

import json
import math
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

METRICS: Final = "metrics.jsonl"
EVENTS: Final = "tensorboard"


class MetricsLog:
    """Appends to a run's metrics and events; only the main process has one."""

    def __init__(self, folder: Path, first_step: int) -> None:
        """Cut what lies after the checkpoint, and open the files.

        Args:
            folder: the run's folder.
            first_step: the first step that is run now; steps count from 1.
        """
        path = folder / METRICS
        _cut(path, first_step)
        self._file = path.open("a", encoding="utf-8")
        self._events = _event_writer(folder / EVENTS, first_step)

    def write(self, values: Mapping[str, Any]) -> None:
        """Append one object; `step` is one of its values."""
        self._file.write(json.dumps(values, allow_nan=True) + "\n")
        self._file.flush()
        for name, value in values.items():
            if name == "step":
                continue
            entries = value.items() if isinstance(value, Mapping) else [("", value)]
            for entry, number in entries:
                if isinstance(number, int | float):
                    tag = f"{name}/{entry}" if entry else name
                    self._events.add_scalar(tag, number, values["step"])

    def close(self) -> None:
        """Flush and close both."""
        self._file.close()
        self._events.close()


def _event_writer(folder: Path, first_step: int) -> "SummaryWriter":
    # TensorBoard takes half a second to import, and only the main process writes events.
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=first_step)


def _cut(path: Path, first_step: int) -> None:
    """Keep the lines of the steps before `first_step`; a last line that is not whole goes too."""
    if not path.exists():
        return
    kept = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            if json.loads(line)["step"] < first_step:
                kept.append(line + "\n")
        except (ValueError, KeyError, TypeError):
            continue
    temporary = path.with_suffix(".tmp")
    temporary.write_text("".join(kept), "utf-8")
    os.replace(temporary, path)  # noqa: PTH105


def step_line(values: Mapping[str, Any], steps: int, seconds_left: float) -> str:
    """A logged step as a line of the terminal, at most 80 columns for runs below 10,000 steps.

    Tokens per second are given twice: valid targets, and all ids with padding.
    """
    mfu = values.get("mfu")
    fields = [
        f"{values['step']:>{len(str(steps))}}/{steps}",
        f"loss {_digits(values['loss'], 4)}",
        f"norm {_digits(values['gradient_norm'], 3)}",
        f"lr {values['learning_rate']:.1e}".replace("e-0", "e-").replace("0.0e+00", "0"),
        f"{_short(values['tokens_per_second'])}/{_short(values['all_tokens_per_second'])} t/s",
        *([f"mfu {mfu:.0%}"] if mfu is not None else []),
        f"{_digits(values['peak_memory'] / 2**30, 2)}G",
        f"wait {values['data_wait']:.0%}",
        duration(seconds_left),
    ]
    return " ".join(fields)


def duration(seconds: float) -> str:
    """Seconds as `45s`, `12m`, `3.3h` or `31h`."""
    if seconds < 59.5:
        return f"{seconds:.0f}s"
    return f"{seconds / 60:.0f}m" if seconds < 5_970 else f"{_digits(seconds / 3600, 2)}h"


def _digits(number: float, digits: int) -> str:
    """A number with decimals as far as it has fewer digits before the point than asked for."""
    before = len(str(int(abs(number)))) if math.isfinite(number) else digits
    return f"{number:.{max(0, digits - before)}f}"


def _short(number: float) -> str:
    if number >= 1e6:
        return f"{_digits(number / 1e6, 2)}M"
    return f"{_digits(number / 1e3, 2)}k" if number >= 1e3 else f"{number:.0f}"


def say(message: str) -> None:
    """Print a line to standard error at once."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201


class Stopwatch:
    """Seconds spent in parts of a step; `lap` returns the time since the last lap."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last call, or since the beginning."""
        now = time.perf_counter()
        seconds, self._last = now - self._last, now
        return seconds
