"""The client of GitHub's REST API: tokens, rate limits, redirects and conditional requests.

A token's first request is `/rate_limit`, which is free, because an earlier run or another program
may have used the token already. `responses.action_for` decides what to do about each response; the
client does it. Archives are on another host that has no rate limit per token: see `download`.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import urljoin, urlsplit

import httpx2

from codecorpus.foundation.errors import InputError, RetryableError
from codecorpus.pipelines.crawl.clock import Clock
from codecorpus.pipelines.crawl.rate_limits import Resource, Token, TokenPool
from codecorpus.pipelines.crawl.responses import (
    MAX_TRIES,
    Action,
    NotModified,
    Redirect,
    Response,
    Retry,
    TokenRejected,
    Unavailable,
    UseBody,
    action_for,
)
from codecorpus.pipelines.crawl.state import CrawlState
from codecorpus.pipelines.crawl.transport import (
    CHUNK_BYTES,
    MAX_REDIRECTS,
    describe_error,
    headers_of,
    new_client,
)

JSON: Final = "application/vnd.github+json"
SHA: Final = "application/vnd.github.sha"

_MAX_BODY: Final = 16 << 20  # bytes; a page of 100 repositories has about 600 KB

T = TypeVar("T")


class UnavailableError(InputError):
    """GitHub does not have, or does not give, what was requested; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RequestFailedError(RetryableError):
    """A request failed for a reason that may be temporary, even after retries."""


class GitHubClient:
    """Sends requests to GitHub's API; threads may share it.

    Args:
        base_url: the address of the API.
        tokens: authorize the requests.
        clock: tells the time and waits.
        state: caches responses for conditional requests.
        timeout: seconds without data after which a request fails.
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenPool,
        clock: Clock,
        state: CrawlState,
        *,
        timeout: float,
    ) -> None:
        self._base_url = base_url
        self._tokens = tokens
        self._clock = clock
        self._state = state
        self._client = new_client(timeout)

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
    ) -> Response:
        """Request a path, with retries; the response has status 200.

        Args:
            path: below the API's address.
            resource: the rate limit that the request counts against.
            accept: the media type to request.
            parameters: of the query.
            conditional: send the entity tag of the cached response; if nothing has changed, return
                the cached body, which does not count against the rate limit.

        Raises:
            UnavailableError: it cannot be had.
            RequestFailedError: it cannot be had now.
            StoppedError: the crawl is ending.
        """
        url = str(
            httpx2.URL(self._base_url + path, params=dict(parameters) if parameters else None)
        )
        cached = self._state.cached_response(url) if conditional else None
        headers = {"accept": accept}
        if cached is not None:
            headers["if-none-match"] = cached.etag
        response = self._request(url, resource, headers)
        if response.status == 304 and cached is not None:
            return replace(response, status=200, body=cached.body)
        etag = response.headers.get("etag")
        if conditional and etag and not response.moved:
            self._state.cache_response(url, etag, response.body)
        return response

    def archive_url(self, path: str) -> str:
        """The address, on another host, to which the API redirects requests for an archive.

        Raises:
            UnavailableError, RequestFailedError, StoppedError: as `get`.
        """
        response = self._request(
            self._base_url + path, "core", {"accept": JSON}, follow_temporary=False
        )
        location = response.headers.get("location", "")
        if not location.startswith(("https://", "http://")):
            raise RequestFailedError(
                f"expected a redirect to an archive, got status {response.status}"
            )
        return location

    def _request(
        self,
        url: str,
        resource: Resource,
        headers: Mapping[str, str],
        *,
        follow_temporary: bool = True,
    ) -> Response:
        """Send a request until it succeeds; unless followed, a temporary redirect is a success."""
        tries = redirects = 0
        moved = False
        while True:
            with self._tokens.lease(resource) as token:
                if not token.limits_requested:
                    self._request_limits(token)
                    continue  # lease again: the token may turn out to be used up
                response, action = self._try(url, token, headers, tries)
                self._tokens.record(token, resource, response)
            match action:
                case UseBody() | NotModified():
                    return replace(response, moved=moved)
                case Redirect(permanent=False) if not follow_temporary:
                    return replace(response, moved=moved)
                case Redirect(url=location, permanent=permanent):
                    redirects += 1
                    moved = moved or permanent
                    url = self._same_host(urljoin(url, location))
                    if redirects > MAX_REDIRECTS:
                        raise RequestFailedError(f"more than {MAX_REDIRECTS} redirects")
                case Retry():
                    tries += action.counts
                    if tries >= MAX_TRIES:
                        raise RequestFailedError(f"{action.reason} ({tries} tries)")
                    if not action.rate_limited:  # the pool holds back a rate-limited token
                        self._clock.wait_until(action.at)
                case Unavailable(reason=reason):
                    raise UnavailableError(reason)

    def _request_limits(self, token: Token) -> None:
        response, _ = self._try(f"{self._base_url}/rate_limit", token, {"accept": JSON}, 0)
        self._tokens.record_all(token, response)

    def _try(
        self, url: str, token: Token, headers: Mapping[str, str], tries: int
    ) -> tuple[Response, Action]:
        """Send a request once; pause or discard the token if the response requires it."""
        response = self._send(url, token, headers)
        action = action_for(response, tries, self._clock.now())
        if isinstance(action, Retry) and action.rate_limited:
            self._tokens.pause(token, action)
        if isinstance(action, TokenRejected):
            self._tokens.discard(token)
        return response, action

    def _send(self, url: str, token: Token, headers: Mapping[str, str]) -> Response:
        if token.secret is not None:
            headers = {**headers, "authorization": f"Bearer {token.secret}"}
        try:
            with self._client.stream("GET", url, headers=dict(headers)) as response:
                return Response(response.status_code, headers_of(response), _read_body(response))
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            return Response(0, error=describe_error(error))

    def _same_host(self, url: str) -> str:
        """The address, if it is on the API's host: a token is sent nowhere else.

        Raises:
            RequestFailedError: it is on another host.
        """
        if urlsplit(url)[:2] != urlsplit(self._base_url)[:2]:
            raise RequestFailedError(f"the API redirects to another host: {url[:100]}")
        return url


def parse_json(response: Response, parse: Callable[[Any], T]) -> T:
    """The body, decoded as JSON and passed to `parse`.

    Raises:
        RequestFailedError: it is not JSON, or `parse` raises a ValueError.
    """
    try:
        return parse(response.json())
    except ValueError as error:
        kind = response.headers.get("content-type", "no content type")
        raise RequestFailedError(f"unexpected response ({kind}): {error}") from error


def _read_body(response: httpx2.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_bytes(CHUNK_BYTES):
        body += chunk
        if len(body) > _MAX_BODY:
            raise httpx2.DecodingError(f"a response of more than {_MAX_BODY:,} bytes")
    return bytes(body)
