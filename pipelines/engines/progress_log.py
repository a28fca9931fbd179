"""Progress of a build on an engine: plain lines, derived from the markers that tasks leave.

Lines rather than a bar, because a job on a cluster is often watched through a log. A line appears
when a stage begins or ends, and every 30 seconds in between.
"""

import contextlib
import re
import time

from rich.console import Console

from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.stages.context import Build
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.storage.folder import Folder

_MARKER = re.compile(r"\d{5,}\.json")
_SECONDS_BETWEEN_LINES = 30.0


class ProgressLog:
    """Prints the progress of a build on an engine.

    Args:
        folder: the output folder.
        console: where to print.
    """

    def __init__(self, folder: Folder, console: Console) -> None:
        self._folder = folder
        self._console = console
        self._stage = 0
        self._printed = (0, 0, 0.0)  # stage, tasks done, when

    def update(self) -> tuple[int, int]:
        """Print new progress.

        Returns:
            The index of the current stage and how many of its tasks are done; the pair changes
            whenever a task is completed.
        """
        for stage in range(self._stage + 1, len(STAGES)):
            if self._done(stage):  # a stage without tasks leaves no markers
                self._print(self._done(self._stage))
                self._stage = stage
        done = self._done(self._stage)
        begun = done and (self._stage != self._printed[0] or not self._printed[1])
        if begun or time.monotonic() - self._printed[2] > _SECONDS_BETWEEN_LINES:
            self._print(done)
        return self._stage, done

    def _done(self, stage: int) -> int:
        names = self._folder.names(STAGES[stage].artifacts.folder)
        return sum(_MARKER.fullmatch(name) is not None for name in names)

    def _print(self, done: int) -> None:
        if (self._stage, done) != self._printed[:2]:
            name = STAGES[self._stage].name
            self._console.print(f"{name}: {done}{self._total(done)} done", soft_wrap=True)
        self._printed = (self._stage, done, time.monotonic())

    def _total(self, done: int) -> str:
        """How many tasks the stage has; known once the first ones are done."""
        with contextlib.suppress(CodecorpusError):
            if done:
                stage = STAGES[self._stage]
                return f" of {len(stage.weights(Build.load(str(self._folder.root))))}"
        return ""
