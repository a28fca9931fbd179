"""What a person may set about remote files: by the environment, so that every worker sees it."""

import os
import tempfile
from pathlib import Path
from typing import Final

from codecorpus.foundation.errors import UsageError

TIMEOUT: Final = "CODECORPUS_REMOTE_TIMEOUT"
"""Seconds of silence after which a server has stalled; 60."""

ATTEMPTS: Final = "CODECORPUS_REMOTE_ATTEMPTS"
"""How often a request is made before its failure counts; 6."""

SCRATCH: Final = "CODECORPUS_SCRATCH"
"""A folder on this machine's disk for copies of remote files; one in the system's for temporary
files."""


def timeout() -> float:
    """Seconds of silence after which a server has stalled."""
    return _number(TIMEOUT, 60)


def attempts() -> int:
    """How often a request is made before its failure counts."""
    return max(1, int(_number(ATTEMPTS, 6)))


def scratch_folder() -> Path:
    """Where copies of remote files lie; no other user may look into it."""
    given = os.environ.get(SCRATCH)
    return Path(given or Path(tempfile.gettempdir()) / f"codecorpus-{os.getuid()}")


def _number(name: str, default: float) -> float:
    text = os.environ.get(name)
    try:
        number = float(text) if text else default
    except ValueError:
        number = -1
    if not 0 < number < 1e6:
        raise UsageError(f"{name} is {text!r}; expected a number above 0, or nothing: {default:g}")
    return number
