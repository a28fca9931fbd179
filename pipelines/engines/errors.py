"""Errors of engines, readable: Beam's portable runners wrap them in traces of two languages."""

import re

from codecorpus.foundation.errors import RetryableError

_TRACEBACK = "Traceback (most recent call last)"
_PYTHON_ERROR = re.compile(r"^(?:[\w.]+\.)?\w*(?:Error|Exception|Interrupt|Exit)\b.*", re.MULTILINE)
_JAVA_CAUSE = re.compile(r"^Caused by: (.*)", re.MULTILINE)
_JAVA_FRAME = re.compile(r"^\s+at [\w.$/]+\(|^\s*\.\.\. \d+ more", re.MULTILINE)
_BEAM_SUFFIX = re.compile(r" \[while running '[^']*'\]")
_LONGEST = 500


class EngineError(RetryableError):
    """An engine could not be started, gave a job up, or fell silent."""


def readable_message(text: str) -> str:
    """The words that matter of an engine's message: Python's last error, else Java's last cause."""
    body = _BEAM_SUFFIX.sub("", text).replace("\\n", "\n")
    found: list[str] = []
    if _TRACEBACK in body:
        found = _PYTHON_ERROR.findall(_JAVA_FRAME.split(body.rpartition(_TRACEBACK)[2])[0])
    found = found or _JAVA_CAUSE.findall(body) or _JAVA_FRAME.split(body)[:1]
    return " ".join(found[-1].split())[:_LONGEST] or "no reason given"
