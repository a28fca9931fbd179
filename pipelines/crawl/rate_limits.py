"""Tokens, and what each may still ask for: read from the answers' headers, never guessed.

A token sends one request at a time ("Avoid concurrent requests", GitHub's best practices), so the
header of each answer is the last word on its budget. `core` and `search` are separate budgets.
"""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.responses import Answer, Wait, by_our_clock, reset_of

Resource = Literal["core", "search"]

_EXPECTED: Final[Mapping[str, float]] = {"core": 3600.0, "search": 60.0}
"""How long a budget lasts, in seconds, where an answer does not say."""


@dataclass
class Budget:
    """Requests left, and when there will be more."""

    left: int
    reset: float


@dataclass
class Token:
    """A token, or none.

    Attributes:
        name: of the variable that it came from, for messages.
        secret: None: requests are anonymous.
        budgets: by resource, as far as answers told.
        paused: until when it may ask for nothing.
        busy: a request is under way.
        introduced: GitHub was asked what its budgets are.
    """

    name: str
    secret: str | None = field(repr=False)
    budgets: dict[str, Budget] = field(default_factory=dict, repr=False)
    paused: float = 0.0
    busy: bool = False
    introduced: bool = False

    def free_at(self, resource: Resource) -> float:
        """When it may ask, by our clock; 0 for now."""
        budget = self.budgets.get(resource)
        spent = budget.reset if budget is not None and budget.left <= 0 else 0.0
        return max(self.paused, spent)


class Budgets:
    """All tokens under one rule: the one with the largest budget asks next.

    Args:
        tokens: at least one.
        clock: tells the time.
    """

    def __init__(self, tokens: Sequence[Token], clock: Clock) -> None:
        self._tokens = list(tokens)
        self._clock = clock
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def lease(self, resource: Resource) -> Iterator[Token]:
        """A token that may ask now; waits for one if none may.

        Raises:
            UsageError: GitHub has refused all tokens.
            StoppedError: the crawl ends.
        """
        token = self._acquire(resource)
        try:
            yield token
        finally:
            with self._changed:
                token.busy = False
                self._changed.notify_all()

    def note(self, token: Token, resource: Resource, answer: Answer) -> None:
        """Read a token's budget from an answer; without headers, one request less is left."""
        now = self._clock.now()
        counted = answer.headers.get("x-ratelimit-resource", resource)
        with self._changed:
            budgets = token.budgets
            try:
                left = int(answer.headers["x-ratelimit-remaining"])
            except (KeyError, ValueError):
                if (budget := budgets.get(resource)) is not None:
                    budget.left -= 1
                return
            reset = reset_of(answer, now)
            budgets[counted] = Budget(left, reset or now + _EXPECTED.get(counted, 60.0))

    def introduce(self, token: Token, answer: Answer) -> None:
        """Read all budgets of a token from an answer of `/rate_limit`.

        An answer that is none, as of an Enterprise server without limits, says nothing: then the
        headers of the answers to come do.
        """
        now = self._clock.now()
        with self._changed:
            token.introduced = True
            if answer.status != 200:
                return
            try:
                resources = answer.json()["resources"]
                found = {
                    name: Budget(
                        int(resources[name]["remaining"]),
                        by_our_clock(int(resources[name]["reset"]), answer, now),
                    )
                    for name in _EXPECTED
                }
            except (ValueError, KeyError, TypeError):
                return
            token.budgets.update(found)

    def pause(self, token: Token, wait: Wait) -> None:
        """Let a token ask for nothing until a limit is over."""
        with self._changed:
            token.paused = max(token.paused, wait.until)

    def reject(self, token: Token) -> None:
        """Use a token no more: GitHub does not accept it."""
        with self._changed:
            if token in self._tokens:
                self._tokens.remove(token)
            if not self._tokens:
                raise UsageError(
                    f"GitHub does not accept the token in ${token.name}; "
                    "give one that has not expired, without any scope"
                    if token.secret
                    else "GitHub answers no request without a token; put one into $GITHUB_TOKEN"
                )

    def left(self, resource: Resource) -> tuple[int, float] | None:
        """What is left in all, and seconds to the next reset; None while no answer has told."""
        now = self._clock.now()
        with self._changed:
            running = [
                budget
                for token in self._tokens
                if (budget := token.budgets.get(resource)) is not None and budget.reset > now
            ]
        if not running:
            return None
        left = sum(max(0, budget.left) for budget in running)
        return left, min(budget.reset for budget in running) - now

    def paused(self) -> float:
        """Seconds until the first token may ask again that GitHub wants to be quiet; 0: now."""
        now = self._clock.now()
        with self._changed:
            return min((max(0.0, token.paused - now) for token in self._tokens), default=0.0)

    def _acquire(self, resource: Resource) -> Token:
        while True:
            with self._changed:
                self._refill()
                idle = [token for token in self._tokens if not token.busy]
                if not idle:
                    self._changed.wait(timeout=60.0)
                    continue
                token = min(idle, key=lambda each: self._rank(each, resource))
                moment = token.free_at(resource)
                if moment <= self._clock.now():
                    token.busy = True
                    return token
                if len(idle) < len(self._tokens):  # another may come back sooner
                    self._changed.wait(timeout=1.0)
                    continue
            self._clock.wait_until(moment)

    def _refill(self) -> None:
        """Forget budgets whose time is over: the next answer says what the new one is."""
        now = self._clock.now()
        for token in self._tokens:
            budgets = token.budgets
            for name in [name for name, budget in budgets.items() if budget.reset <= now]:
                del budgets[name]

    def _rank(self, token: Token, resource: Resource) -> tuple[float, int]:
        budget = token.budgets.get(resource)
        now = self._clock.now()
        return max(now, token.free_at(resource)), -budget.left if budget is not None else -1 << 31
