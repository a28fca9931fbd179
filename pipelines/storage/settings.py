"""Settings for remote files, taken from environment variables so that every worker has them."""

import os
import tempfile
from pathlib import Path
from typing import Final

from codecorpus.foundation.errors import UsageError

TIMEOUT: Final = "CODECORPUS_REMOTE_TIMEOUT"
"""Seconds of silence after which a request times out; default 60."""

ATTEMPTS: Final = "CODECORPUS_REMOTE_ATTEMPTS"
"""How often a request is made before it fails; default 6."""

SCRATCH: Final = "CODECORPUS_SCRATCH"
"""Folder on this machine's disk for copies of remote files; default: one in the system's temporary
folder."""


def timeout() -> float:
    """Seconds of silence after which a request times out."""
    return _number(TIMEOUT, 60)


def attempts() -> int:
    """How often a request is made before it fails; at least once."""
    return max(1, int(_number(ATTEMPTS, 6)))


def scratch_folder() -> Path:
    """The folder for copies of remote files; the default is separate for each user."""
    path = os.environ.get(SCRATCH)
    return Path(path or Path(tempfile.gettempdir()) / f"codecorpus-{os.getuid()}")


def _number(name: str, default: float) -> float:
    text = os.environ.get(name)
    try:
        number = float(text) if text else default
    except ValueError:
        number = -1
    if not 0 < number < 1e6:
        raise UsageError(
            f"{name} is {text!r}; expected a number above 0 (unset it for the default, {default:g})"
        )
    return number
