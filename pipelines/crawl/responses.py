"""What to do about a response from GitHub: a pure function, so that a table can test every case.

The rules follow GitHub's REST API documentation, "Rate limits for the REST API" and "Best practices
for using the REST API":

- 403 or 429 with `retry-after`: retry after that many seconds.
- 403 or 429 with `x-ratelimit-remaining: 0`: retry at `x-ratelimit-reset`.
- 403 or 429 that mentions a secondary limit, and any other 429: retry after a minute, then after
  twice as long each time, up to `MAX_TRIES`.
- 301, 302, 307, 308: repeat the request at `location`; 301 and 308 are permanent.
- 304: not modified; it did not count against the rate limit.

A 5xx, a lost connection or a timeout may be temporary: retry, each time after twice as long.
"""

import json
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Final

MAX_TRIES: Final = 6
"""After so many failures that may be temporary, a request is given up for this attempt."""
_SECONDARY_WAIT: Final = 60.0
_RESET_MARGIN: Final = 1.0  # seconds; resets are rounded to whole seconds


@dataclass(frozen=True)
class Response:
    """A response, or the reason why none arrived.

    Attributes:
        status: 0 if none arrived.
        headers: by lower-case name.
        body: empty for an archive, which is streamed.
        error: why none arrived, for people.
        moved: a permanent redirect led to it.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""
    moved: bool = False

    def json(self) -> Any:  # noqa: ANN401 - JSON of any kind
        """The parsed body.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True)
class UseBody:
    """The request succeeded."""


@dataclass(frozen=True)
class NotModified:
    """Use the cached body."""


@dataclass(frozen=True)
class Redirect:
    """Repeat the request at another address."""

    url: str
    permanent: bool


@dataclass(frozen=True)
class Retry:
    """Repeat the request later.

    Attributes:
        at: seconds since 1970, UTC.
        reason: why it failed, for people.
        rate_limited: the token may send no request at all before then.
        counts: whether this is a failed try; waiting for a reset is not.
    """

    at: float
    reason: str
    rate_limited: bool = False
    counts: bool = True


@dataclass(frozen=True)
class Unavailable:
    """The server refuses for good: repeating the request changes nothing."""

    reason: str


@dataclass(frozen=True)
class TokenRejected:
    """GitHub does not accept the token."""


Action = UseBody | NotModified | Redirect | Retry | Unavailable | TokenRejected

_UNAVAILABLE: Final = {
    403: "forbidden",
    404: "not_found",
    409: "empty",  # "Git Repository is empty."
    410: "not_found",
    422: "not_found",  # "No commit found for SHA"
    451: "legal",
}


def action_for(response: Response, tries: int, now: float) -> Action:
    """What to do about a response.

    Args:
        response: the response.
        tries: how many tries of this request failed before, from 0.
        now: seconds since 1970, UTC.
    """
    status = response.status
    if status == 200:
        return UseBody()
    if status == 304:
        return NotModified()
    if status in {301, 302, 307, 308}:
        url = response.headers.get("location")
        return Redirect(url, status in {301, 308}) if url else Unavailable("moved_nowhere")
    if status == 401:
        return TokenRejected()
    if status in {403, 429} and (limit := _rate_limit(response, tries, now)):
        return limit
    if status == 0 or status >= 500 or status in {408, 429}:
        reason = response.error or f"status {status}"
        return Retry(_retry_after(response, now) or now + 2.0**tries, reason)
    return Unavailable(_UNAVAILABLE.get(status, f"status_{status}"))


def reset_time(response: Response, now: float) -> float | None:
    """When the rate limit resets, by our clock; None if the response does not say."""
    text = response.headers.get("x-ratelimit-reset", "")
    if not (text.isascii() and text.isdigit()):
        return None
    return by_our_clock(int(text), response, now)


def by_our_clock(reset: int, response: Response, now: float) -> float:
    """A reset time of the server by our clock; the response's `date` shows the difference."""
    return reset + now - _parse_date(response.headers.get("date"), now) + _RESET_MARGIN


def _rate_limit(response: Response, tries: int, now: float) -> Retry | None:
    after = _retry_after(response, now)
    if after is not None:
        return Retry(after, "secondary rate limit", rate_limited=True)
    reset = reset_time(response, now)
    if response.headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        return Retry(reset, "rate limit used up", rate_limited=True, counts=False)
    message = response.body[:4_096].lower()
    if response.status == 429 or b"secondary rate limit" in message or b"abuse" in message:
        at = now + _SECONDARY_WAIT * 2.0**tries
        return Retry(at, "secondary rate limit", rate_limited=True)
    return None


def _retry_after(response: Response, now: float) -> float | None:
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return now + int(text)
    date = _parse_date(text, -1.0)  # RFC 9110, 10.2.3 allows a date as well
    sent = _parse_date(response.headers.get("date"), now)
    return None if date < 0 else now + max(0.0, date - sent)


def _parse_date(text: str | None, default: float) -> float:
    try:
        date = parsedate_to_datetime(text or "")
    except ValueError:
        return default
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
