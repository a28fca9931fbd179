"""Job servers that Beam starts (Java's of Spark and Flink, Prism) end when this process does.

Beam stops them when the command ends by itself; here the system is asked to kill them when it is
killed (`tied`). With the job server goes its job: Spark's master drops an application whose driver
is gone, the Flink inside a job server goes with it, and Python workers end with their executor.
"""

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from typing import Any

from apache_beam.runners.portability.job_server import JavaJarJobServer
from apache_beam.runners.portability.prism_runner import PrismJobServer

from codecorpus.pipelines.engines import parent_death

_KINDS = (JavaJarJobServer, PrismJobServer)
_Started = Callable[[Any], tuple[list[Any], str]]


@contextlib.contextmanager
def killed_with_this_process() -> Iterator[None]:
    """Tie the job servers that Beam starts while the block runs, in the main thread.

    The system takes the end of the thread that started a process for the end of its parent.
    """
    before: list[_Started] = [kind.subprocess_cmd_and_endpoint for kind in _KINDS]
    for kind, start in zip(_KINDS, before, strict=True):
        kind.subprocess_cmd_and_endpoint = _tied(start)
    try:
        yield
    finally:
        for kind, start in zip(_KINDS, before, strict=True):
            kind.subprocess_cmd_and_endpoint = start


def _tied(start: _Started) -> _Started:
    def command_and_endpoint(server: Any) -> tuple[list[Any], str]:  # noqa: ANN401 - of Beam's
        command, endpoint = start(server)
        if shutil.which(command[0]) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
        return [sys.executable, parent_death.__file__, os.getpid(), *command], endpoint

    return command_and_endpoint
