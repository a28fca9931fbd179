"""What the API's client and the workers' have in common: one way to ask over HTTP."""

from typing import Final

import httpx2

CHUNK: Final = 64 << 10
"""Bytes that are taken from a connection at once."""
MOST_HOPS: Final = 5
"""Redirects that are followed."""

_VERSION: Final = "2022-11-28"
_MOST_CONNECTIONS: Final = 100


def client(timeout: float) -> httpx2.Client:
    """A client that follows no redirect by itself and sends no token by itself.

    Args:
        timeout: seconds of silence after which a server has stalled.
    """
    return httpx2.Client(
        timeout=timeout,
        follow_redirects=False,
        headers={"user-agent": "codecorpus", "x-github-api-version": _VERSION},
        limits=httpx2.Limits(max_connections=_MOST_CONNECTIONS),
    )


def headers_of(response: httpx2.Response) -> dict[str, str]:
    """The headers by lower-case name."""
    return {name.lower(): value for name, value in response.headers.items()}


def describe(error: Exception) -> str:
    """A failed request in one line."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
