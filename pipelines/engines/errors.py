"""Readable engine errors: Beam's portable runners wrap them in Python and Java stack traces."""

import re

from codecorpus.foundation.errors import RetryableError

_TRACEBACK = "Traceback (most recent call last)"
_PYTHON_ERROR = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception|Interrupt|Exit)\b.*", re.MULTILINE)
_JAVA_CAUSE = re.compile(r"^Caused by: (.*)", re.MULTILINE)
_JAVA_FRAME = re.compile(r"^\s+at [\w.$/]+\(|^\s*\.\.\. \d+ more", re.MULTILINE)
_BEAM_SUFFIX = re.compile(r" \[while running '[^']*'\]")
_MAX_LENGTH = 500


class EngineError(RetryableError):
    """An engine could not be started, gave up on a job, or stopped responding."""


def readable_message(text: str) -> str:
    """Extract the cause from an engine's message: Python's last error, else Java's last cause.

    The result is one line of at most 500 characters.
    """
    body = _BEAM_SUFFIX.sub("", text).replace("\\n", "\n")
    found: list[str] = []
    if _TRACEBACK in body:
        found = _PYTHON_ERROR.findall(_JAVA_FRAME.split(body.rpartition(_TRACEBACK)[2])[0])
    found = found or _JAVA_CAUSE.findall(body) or _JAVA_FRAME.split(body)[:1]
    return " ".join(found[-1].split())[:_MAX_LENGTH] or "no reason given"
