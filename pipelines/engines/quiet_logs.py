"""Keeps Beam's logs off the terminal: users see errors as messages, and the logs only confuse."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path


def silence_beam_logs() -> None:
    """Silence Beam. Call this before importing it: the import logs, and adds a handler."""
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)


def silence_thread_traces() -> None:
    """Suppress tracebacks of threads: Beam's outlive a job and report closed channels."""
    threading.excepthook = lambda _: None


@contextlib.contextmanager
def logs_to_file(path: Path) -> Iterator[None]:
    """Write what Beam and its job servers log to a file, and nothing to the terminal.

    Standard error goes there too: Beam's workers in this process (LOOPBACK) print tracebacks to it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    root, beam = logging.getLogger(), logging.getLogger("apache_beam")
    before = root.handlers[:], root.level, beam.level
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root.handlers[:] = [file]
    root.setLevel(logging.INFO)
    beam.setLevel(logging.INFO)
    try:
        with contextlib.redirect_stderr(file.stream):
            yield
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        beam.setLevel(before[2])
        file.close()
