"""When a repository or name that failed is tried again, and when the crawl gives up on it.

A single attempt already retries its requests within minutes (`responses.action_for`). These are the
waits between attempts, for trouble that lasts longer.
"""

from typing import Final, NamedTuple

MAX_ATTEMPTS: Final = 6
"""After so many failed attempts in a row, the row is skipped as `given_up`."""

_FIRST_WAIT: Final = 60
_GROWTH: Final = 4
"""Waits of 1, 4, 16, 64 and 256 minutes outlast an outage of several hours."""


class Failure(NamedTuple):
    """The columns of a row after a failed attempt.

    Attributes:
        state: `failed`, or `skipped` after the last attempt.
        reason: for people, or `given_up`.
        attempts: failed in a row, this one included.
        due: when to try again, in seconds since 1970; None: never.
    """

    state: str
    reason: str
    attempts: int
    due: int | None


def after_failure(attempts: int, reason: str, now: float) -> Failure:
    """The state of a row whose attempt has just failed.

    Args:
        attempts: failed in a row before this one.
        reason: why this one failed.
        now: seconds since 1970.
    """
    if attempts + 1 >= MAX_ATTEMPTS:
        return Failure("skipped", "given_up", attempts + 1, None)
    return Failure("failed", reason, attempts + 1, int(now + _FIRST_WAIT * _GROWTH**attempts))
