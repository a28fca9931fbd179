"""The build command, with processes killed at chosen moments; a program for tests.

The moments stand in the environment, so workers know them too: they load this file anew. Each is
`stage:moment:victim`; one comes after the other, and each leaves a file in the folder of tokens.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from codecorpus.pipelines.cli import main
from codecorpus.pipelines.stages.base import Stage
from codecorpus.pipelines.stages.order import STAGES
from codecorpus.pipelines.storage.digests import HashingFile
from codecorpus.pipelines.storage.folder import Folder

MOMENTS = ("begin", "write", "rename", "renamed", "marker", "done")

_TOKENS = Path(os.environ["KILL_TOKENS"])
_KILLS = [kill.split(":") for kill in os.environ["KILLS"].split(",") if kill]
_here = {"stage": ""}


def strike(moment: str) -> None:
    """Kill if the next kill is due at this moment of this stage."""
    for number, (stage, due, victim) in enumerate(_KILLS):
        token = _TOKENS / str(number)
        if token.exists():
            continue
        if (stage, due) == (_here["stage"], moment) and _take(token):
            kill(victim)
        return


def kill(victim: str) -> None:
    """Send SIGKILL to this worker, its parent, or all of the job."""
    if victim == "group":
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid() if victim == "worker" else os.getppid(), signal.SIGKILL)


def _take(token: Path) -> bool:
    try:
        token.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _watch(stage: type[Stage]) -> None:
    run = stage.run

    def running(self: Stage, *arguments: Any) -> Any:
        _here["stage"] = self.name
        strike("begin")
        return run(self, *arguments)

    stage.run = running  # type: ignore[assignment, method-assign]


def _around(function: Callable[..., Any], before: str, after: str) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        strike(before)
        result = function(*arguments)
        strike(after)
        return result

    return called


def _halfway(function: Callable[..., int]) -> Callable[..., int]:
    def write(self: HashingFile, data: Any) -> int:
        view = memoryview(data).cast("B")
        half = function(self, view[: len(view) // 2])
        strike("write")
        return half + function(self, view[len(view) // 2 :])

    return write


for one in STAGES:
    _watch(type(one))
HashingFile.write = _halfway(HashingFile.write)  # type: ignore[method-assign]
Path.replace = _around(Path.replace, "rename", "renamed")  # type: ignore[method-assign]
Folder.write_marker = _around(Folder.write_marker, "marker", "done")  # type: ignore[method-assign]

if __name__ == "__main__":
    main()
