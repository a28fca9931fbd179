"""Kills the job servers that Beam starts (Java's for Spark and Flink, Prism) with this process.

Beam stops them when the command ends normally; if the command is killed, the operating system kills
them (`parent_death`). The job ends with its server: Spark's master drops an application whose
driver is gone, the Flink inside a job server ends with it, and Python workers end with their
executor.
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

_SERVERS = (JavaJarJobServer, PrismJobServer)
_CommandAndEndpoint = Callable[[Any], tuple[list[Any], str]]


@contextlib.contextmanager
def killed_with_this_process() -> Iterator[None]:
    """Make the job servers that Beam starts in this block die with this process.

    Call it from the main thread: Linux signals a child when the thread that started it ends.
    """
    before: list[_CommandAndEndpoint] = [kind.subprocess_cmd_and_endpoint for kind in _SERVERS]
    for kind, original in zip(_SERVERS, before, strict=True):
        kind.subprocess_cmd_and_endpoint = _through_launcher(original)
    try:
        yield
    finally:
        for kind, original in zip(_SERVERS, before, strict=True):
            kind.subprocess_cmd_and_endpoint = original


def _through_launcher(original: _CommandAndEndpoint) -> _CommandAndEndpoint:
    def command_and_endpoint(server: Any) -> tuple[list[Any], str]:  # noqa: ANN401 - Beam's
        command, endpoint = original(server)
        if shutil.which(command[0]) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), command[0])
        return [sys.executable, parent_death.__file__, os.getpid(), *command], endpoint

    return command_and_endpoint
