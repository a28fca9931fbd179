"""The client of GitHub's REST API: tokens, limits, redirects and conditional requests.

Each token sends one request at a time, and none before it is known what it may still ask for:
`/rate_limit`, which costs nothing, is its first. `answers.judge` says what to do about an answer,
and this module does it. Archives lie on another host and cost no budget: see `downloading`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx2

from codecorpus.foundation.errors import RetryableError
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.rate_limits import Budgets, Resource, Token
from codecorpus.pipelines.crawl.responses import (
    MOST_TRIES,
    Answer,
    Follow,
    Gone,
    Rejected,
    Take,
    Unchanged,
    Wait,
    judge,
)
from codecorpus.pipelines.crawl.state import State
from codecorpus.pipelines.crawl.transport import CHUNK, MOST_HOPS, client, describe, headers_of

JSON: Final = "application/vnd.github+json"
SHA: Final = "application/vnd.github.sha"

_MOST_BODY: Final = 16 << 20  # bytes of an answer; a page of 100 repositories has about 600 KB

T = TypeVar("T")


class GoneError(Exception):
    """What was asked for cannot be had; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LaterError(RetryableError):
    """What was asked for cannot be had now."""


class Found:
    """What an API request came to.

    Attributes:
        answer: status 200, or of `redirect` one of 3xx.
        moved: a permanent redirect led to it.
    """

    def __init__(self, answer: Answer, *, moved: bool) -> None:
        self.answer = answer
        self.moved = moved


class Api:
    """Asks GitHub; threads may share it.

    Args:
        base_url: where the API is.
        budgets: whose tokens ask.
        clock: tells the time and waits.
        state: remembers answers for conditional requests.
        timeout: seconds of silence after which a server has stalled.
    """

    def __init__(
        self,
        base_url: str,
        budgets: Budgets,
        clock: Clock,
        state: State,
        *,
        timeout: float,
    ) -> None:
        self._base = base_url
        self._budgets = budgets
        self._clock = clock
        self._state = state
        self._client = client(timeout)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self,
        path: str,
        *,
        resource: Resource = "core",
        accept: str = JSON,
        parameters: Mapping[str, str | int] | None = None,
        conditional: bool = False,
    ) -> Found:
        """Ask for something, as often as it takes.

        Args:
            path: below the API's address.
            resource: the budget that it counts against.
            accept: the media type wanted.
            parameters: of the query.
            conditional: say what is remembered, and use it if nothing has changed.

        Raises:
            GoneError: it cannot be had.
            LaterError: it cannot be had now.
            StoppedError: the crawl ends.
        """
        url = str(httpx2.URL(self._base + path, params=dict(parameters) if parameters else None))
        remembered = self._state.answers.remembered(url) if conditional else None
        headers = {"accept": accept}
        if remembered is not None:
            headers["if-none-match"] = remembered[0]
        found = self._ask(url, resource, headers)
        if found.answer.status == 304 and remembered is not None:
            return Found(Answer(200, found.answer.headers, remembered[1]), moved=found.moved)
        etag = found.answer.headers.get("etag")
        if conditional and etag and not found.moved:
            self._state.answers.remember(url, etag, found.answer.body)
        return found

    def locate(self, path: str) -> str:
        """Where the API sends who asks for an archive.

        Raises:
            GoneError, LaterError, StoppedError: as of `get`.
        """
        found = self._ask(self._base + path, "core", {"accept": JSON}, leave=True)
        location = found.answer.headers.get("location", "")
        if not location.startswith(("https://", "http://")):
            raise LaterError(f"no address of an archive came, but status {found.answer.status}")
        return location

    def _ask(
        self, url: str, resource: Resource, headers: Mapping[str, str], *, leave: bool = False
    ) -> Found:
        """Ask until there is an answer to use; with `leave`, a temporary redirect is one."""
        tries = hops = 0
        moved = False
        while True:
            with self._budgets.lease(resource) as token:
                if not token.introduced:
                    self._introduce(token)
                    continue  # it is leased again, if its budget allows
                answer = self._send(url, token, headers)
                self._budgets.note(token, resource, answer)
                action = judge(answer, tries, self._clock.now())
                if isinstance(action, Wait) and action.limited:
                    self._budgets.pause(token, action)
                if isinstance(action, Rejected):
                    self._budgets.reject(token)
            match action:
                case Take() | Unchanged():
                    return Found(answer, moved=moved)
                case Follow(permanent=False) if leave:
                    return Found(answer, moved=moved)
                case Follow(url=place, permanent=permanent):
                    hops += 1
                    moved = moved or permanent
                    url = self._same_host(urljoin(url, place))
                    if hops > MOST_HOPS:
                        raise LaterError(f"more than {MOST_HOPS} redirects")
                case Wait():
                    tries = self._count(action, tries)
                    if not action.limited:  # a limited token is not leased before its time
                        self._clock.wait_until(action.until)
                case Gone(reason=reason):
                    raise GoneError(reason)

    def _introduce(self, token: Token) -> None:
        """Ask what a token may still do: an earlier run, or another program, has used it too."""
        answer = self._send(f"{self._base}/rate_limit", token, {"accept": JSON})
        action = judge(answer, 0, self._clock.now())
        if isinstance(action, Rejected):
            self._budgets.reject(token)
        if isinstance(action, Wait) and action.limited:
            self._budgets.pause(token, action)
        self._budgets.introduce(token, answer)

    def _send(self, url: str, token: Token, headers: Mapping[str, str]) -> Answer:
        if token.secret is not None:
            headers = {**headers, "authorization": f"Bearer {token.secret}"}
        try:
            with self._client.stream("GET", url, headers=dict(headers)) as response:
                return Answer(response.status_code, headers_of(response), _body(response))
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            return Answer(0, trouble=describe(error))

    def _count(self, action: Wait, tries: int) -> int:
        """How many tries have failed by now.

        Raises:
            LaterError: too many.
        """
        tries += action.counts
        if tries >= MOST_TRIES:
            raise LaterError(f"{action.reason}, {tries} times")
        return tries

    def _same_host(self, url: str) -> str:
        """The address, if it is the API's: a token is sent nowhere else.

        Raises:
            LaterError: it is another host's.
        """
        if urlsplit(url)[:2] != urlsplit(self._base)[:2]:
            raise LaterError(f"the API redirects to another host: {url[:100]}")
        return url


def parsed(found: Found, read: Callable[[Any], T]) -> T:
    """The body, read as JSON and then by `read`.

    Raises:
        LaterError: it is no JSON, or `read` raises a ValueError.
    """
    try:
        return read(found.answer.json())
    except ValueError as error:
        kind = found.answer.headers.get("content-type", "no type")
        raise LaterError(f"an answer ({kind}) that is not understood: {error}") from error


def _body(response: httpx2.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes(CHUNK):
        body += chunk
        if len(body) > _MOST_BODY:
            raise httpx2.DecodingError(f"an answer of more than {_MOST_BODY:,} bytes")
    return bytes(body)
