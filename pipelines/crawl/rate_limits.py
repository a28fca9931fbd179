"""The tokens and their rate limits, as the headers of GitHub's responses report them.

A token sends one request at a time ("Avoid concurrent requests", GitHub's best practices), so the
headers of its last response are always current. `core` and `search` have separate limits.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.responses import Response, Retry, by_our_clock, reset_time

Resource = Literal["core", "search"]

_WINDOWS: Final[Mapping[str, float]] = {"core": 3600.0, "search": 60.0}
"""Seconds between resets, for responses that do not give the next reset."""


@dataclass
class RateLimit:
    """Requests remaining, and when the limit resets."""

    remaining: int
    reset: float


@dataclass
class Token:
    """A token, or anonymous access.

    Attributes:
        name: the environment variable that it came from, for messages.
        secret: None: requests are anonymous.
        limits: by resource, as far as responses have reported them.
        paused_until: it may send no request before, in seconds since 1970.
        busy: a request is in flight.
        limits_requested: GitHub has been asked for its rate limits.
    """

    name: str
    secret: str | None = field(repr=False)
    limits: dict[str, RateLimit] = field(default_factory=dict, repr=False)
    paused_until: float = 0.0
    busy: bool = False
    limits_requested: bool = False

    def available_at(self, resource: Resource) -> float:
        """When it may send its next request, by our clock; 0: now."""
        limit = self.limits.get(resource)
        reset = limit.reset if limit is not None and limit.remaining <= 0 else 0.0
        return max(self.paused_until, reset)


class TokenPool:
    """All tokens. The one with the most requests remaining sends the next request.

    Args:
        tokens: at least one.
        clock: tells the time and waits.
    """

    def __init__(self, tokens: Sequence[Token], clock: Clock) -> None:
        self._tokens = list(tokens)
        self._clock = clock
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def lease(self, resource: Resource) -> Iterator[Token]:
        """Reserve a token that may send a request now; wait for one if necessary.

        Raises:
            UsageError: GitHub has rejected all tokens.
            StoppedError: the crawl is ending.
        """
        token = self._acquire(resource)
        try:
            yield token
        finally:
            with self._changed:
                token.busy = False
                self._changed.notify_all()

    def record(self, token: Token, resource: Resource, response: Response) -> None:
        """Update a token's limit from a response; without headers, subtract one request."""
        now = self._clock.now()
        counted_as = response.headers.get("x-ratelimit-resource", resource)
        with self._changed:
            try:
                remaining = int(response.headers["x-ratelimit-remaining"])
            except (KeyError, ValueError):
                if (limit := token.limits.get(resource)) is not None:
                    limit.remaining -= 1
                return
            reset = reset_time(response, now) or now + _WINDOWS.get(counted_as, 60.0)
            token.limits[counted_as] = RateLimit(remaining, reset)

    def record_all(self, token: Token, response: Response) -> None:
        """Set all limits of a token from a response to `/rate_limit`.

        A response in another form is ignored, such as that of an Enterprise server without rate
        limits: the headers of later responses then set the limits.
        """
        now = self._clock.now()
        with self._changed:
            token.limits_requested = True
            if response.status != 200:
                return
            try:
                resources = response.json()["resources"]
                limits = {
                    name: RateLimit(
                        int(resources[name]["remaining"]),
                        by_our_clock(int(resources[name]["reset"]), response, now),
                    )
                    for name in _WINDOWS
                }
            except (ValueError, KeyError, TypeError):
                return
            token.limits.update(limits)

    def pause(self, token: Token, retry: Retry) -> None:
        """Send no request with a token before the time of a retry."""
        with self._changed:
            token.paused_until = max(token.paused_until, retry.at)

    def discard(self, token: Token) -> None:
        """Stop using a token that GitHub has rejected.

        Raises:
            UsageError: it was the last one.
        """
        with self._changed:
            if token in self._tokens:
                self._tokens.remove(token)
            if not self._tokens:
                raise UsageError(
                    f"GitHub does not accept the token in ${token.name}; "
                    "give one that has not expired; it needs no scopes"
                    if token.secret
                    else "GitHub refuses requests without a token; put one into $GITHUB_TOKEN"
                )

    def remaining(self, resource: Resource) -> tuple[int, float] | None:
        """Requests remaining of all tokens, and seconds to the next reset; None: not known yet."""
        now = self._clock.now()
        with self._changed:
            current = [
                limit
                for token in self._tokens
                if (limit := token.limits.get(resource)) is not None and limit.reset > now
            ]
        if not current:
            return None
        total = sum(max(0, limit.remaining) for limit in current)
        return total, min(limit.reset for limit in current) - now

    def paused_for(self) -> float:
        """Seconds until the first paused token may send a request; 0 if one is not paused."""
        now = self._clock.now()
        with self._changed:
            return min((max(0.0, token.paused_until - now) for token in self._tokens), default=0.0)

    def _acquire(self, resource: Resource) -> Token:
        while True:
            with self._changed:
                self._drop_expired_limits()
                idle = [token for token in self._tokens if not token.busy]
                if not idle:
                    self._changed.wait(timeout=60.0)
                    continue
                token = min(idle, key=lambda each: self._rank(each, resource))
                available = token.available_at(resource)
                if available <= self._clock.now():
                    token.busy = True
                    return token
                if len(idle) < len(self._tokens):  # a busy one may be returned sooner
                    self._changed.wait(timeout=1.0)
                    continue
            self._clock.wait_until(available)

    def _drop_expired_limits(self) -> None:
        """Forget limits that have been reset; the next response reports the new ones."""
        now = self._clock.now()
        for token in self._tokens:
            limits = token.limits
            for name in [name for name, limit in limits.items() if limit.reset <= now]:
                del limits[name]

    def _rank(self, token: Token, resource: Resource) -> tuple[float, int]:
        limit = token.limits.get(resource)
        now = self._clock.now()
        remaining = limit.remaining if limit is not None else 1 << 31
        return max(now, token.available_at(resource)), -remaining
