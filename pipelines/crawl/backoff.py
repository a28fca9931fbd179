"""When what failed is tried again: after longer and longer, and not for ever.

One attempt has its own quick tries (`answers.judge`); these are the waits between attempts, for
trouble that lasts longer than a minute.
"""

from typing import Final

MOST_ATTEMPTS: Final = 6
"""What has failed so often, one time after the other, is left out as `given_up`."""

_FIRST: Final = 60
_GROWTH: Final = 4
"""A minute, 4, 16, 64 minutes, 4 hours: a day's trouble is waited out, a mistake is not."""


def due(attempts: int, now: float) -> int | None:
    """When the next attempt may be made.

    Args:
        attempts: that have failed so far, from 1.
        now: seconds since 1970.

    Returns:
        Seconds since 1970; None: there is to be no other.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    return int(now + _FIRST * _GROWTH ** (attempts - 1))
