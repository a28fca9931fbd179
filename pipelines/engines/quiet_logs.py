"""Errors reach the person as exceptions; what Beam logs beside them would only confuse."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from pathlib import Path


def silence_beam_logs() -> None:
    """Silence Beam, best before it is imported: importing it logs, and adds a handler."""
    logging.getLogger().setLevel(logging.ERROR)
    logging.getLogger("apache_beam").setLevel(logging.CRITICAL)


def silence_thread_traces() -> None:
    """Drop the traces of threads: Beam's own outlive a job, and say that its channels closed."""
    threading.excepthook = lambda _: None


@contextlib.contextmanager
def logs_to_file(path: Path) -> Iterator[None]:
    """Send what Beam and its job servers log into a file, and nothing to the terminal.

    Beam's workers in this process (LOOPBACK) also print traces to standard error: they go along.
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
