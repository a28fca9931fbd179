"""What to do about an answer of GitHub: a pure function, so that every case stands in a table.

The rules are those of GitHub's REST API documentation, "Rate limits for the REST API" and "Best
practices for using the REST API":

- 403 or 429 with `retry-after`: not before so many seconds have gone by.
- 403 or 429 with `x-ratelimit-remaining: 0`: not before `x-ratelimit-reset`.
- 403 or 429 that names a secondary limit, or 429 as such: after a minute, then after twice as long
  each time, and not for ever.
- 301, 302, 307, 308: the same request at `location`; 301 and 308 say that it stays there.
- 304: nothing has changed, and it cost nothing.

A 5xx, a lost connection and a timeout may pass: they are tried again, each time after twice as
long.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

MOST_TRIES: Final = 6
"""A request that fails so often for a reason that may pass is given up for this run."""
_MINUTE: Final = 60.0
_GRACE: Final = 1.0  # resets are given in whole seconds


@dataclass(frozen=True)
class Answer:
    """An answer, or why there is none.

    Attributes:
        status: 0 when none came.
        headers: by lower-case name.
        body: bytes; none of an archive.
        trouble: why none came, for people.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    trouble: str = ""

    def json(self) -> Any:  # noqa: ANN401 - whatever came
        """The body read as JSON.

        Raises:
            ValueError: it is none.
        """
        return json.loads(self.body)


@dataclass(frozen=True)
class Take:
    """Use the body."""


@dataclass(frozen=True)
class Unchanged:
    """Use what was remembered."""


@dataclass(frozen=True)
class Follow:
    """Ask at another place."""

    url: str
    permanent: bool


@dataclass(frozen=True)
class Wait:
    """Ask again at a time; `limited`: the token may ask for nothing before."""

    until: float
    reason: str
    limited: bool = False
    counts: bool = True
    """Whether this is one of the tries that are counted; waiting for a reset is not."""


@dataclass(frozen=True)
class Gone:
    """It cannot be had; asking again gives the same."""

    reason: str


@dataclass(frozen=True)
class Rejected:
    """The token is not accepted."""


Action = Take | Unchanged | Follow | Wait | Gone | Rejected

_GONE: Final = {
    403: "forbidden",
    404: "not_found",
    409: "empty",  # "Git Repository is empty."
    410: "not_found",
    422: "not_found",  # "No commit found for SHA"
    451: "legal",
}


def judge(answer: Answer, tries: int, now: float) -> Action:
    """What to do about an answer.

    Args:
        answer: what came.
        tries: how many requests of the same kind failed before, from 0.
        now: seconds since 1970, UTC.
    """
    status = answer.status
    if status == 200:
        return Take()
    if status == 304:
        return Unchanged()
    if status in {301, 302, 307, 308}:
        url = answer.headers.get("location")
        return Follow(url, status in {301, 308}) if url else Gone("moved_nowhere")
    if status == 401:
        return Rejected()
    if status in {403, 429} and (limit := _limit(answer, tries, now)):
        return limit
    if status == 0 or status >= 500 or status in {408, 429}:
        what = answer.trouble or f"status {status}"
        return Wait(_retry_after(answer, now) or now + 2.0**tries, what)
    return Gone(_GONE.get(status, f"status_{status}"))


def reset_of(answer: Answer, now: float) -> float | None:
    """When the budget is full again, by our clock; None: the answer does not say."""
    text = answer.headers.get("x-ratelimit-reset", "")
    if not (text.isascii() and text.isdigit()):
        return None
    return by_our_clock(int(text), answer, now)


def by_our_clock(moment: int, answer: Answer, now: float) -> float:
    """When a reset is due: the `date` of the answer tells how the server's clock differs."""
    return moment + now - _date(answer.headers.get("date"), now) + _GRACE


def _limit(answer: Answer, tries: int, now: float) -> Wait | None:
    after = _retry_after(answer, now)
    if after is not None:
        return Wait(after, "a secondary limit", limited=True)
    reset = reset_of(answer, now)
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        return Wait(reset, "the budget is spent", limited=True, counts=False)
    message = answer.body[:4_096].lower()
    if answer.status == 429 or b"secondary rate limit" in message or b"abuse" in message:
        return Wait(now + _MINUTE * 2.0**tries, "a secondary limit", limited=True)
    return None


def _retry_after(answer: Answer, now: float) -> float | None:
    text = answer.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return now + int(text)
    date = _date(text, -1.0)  # RFC 9110, 10.2.3 allows a date as well
    return None if date < 0 else now + max(0.0, date - _date(answer.headers.get("date"), now))


def _date(text: str | None, otherwise: float) -> float:
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError:
        return otherwise
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
