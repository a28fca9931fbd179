"""HTTP settings and helpers shared by the API client and the workers that download archives."""

from typing import Final

import httpx2

CHUNK_BYTES: Final = 64 << 10
"""Bytes read from a connection at a time."""
MAX_REDIRECTS: Final = 5

_API_VERSION: Final = "2022-11-28"
_MAX_CONNECTIONS: Final = 100


def new_client(timeout: float) -> httpx2.Client:
    """An HTTP client that neither follows redirects nor sends a token on its own.

    Args:
        timeout: seconds without data after which a request fails.
    """
    return httpx2.Client(
        timeout=timeout,
        follow_redirects=False,
        headers={"user-agent": "codecorpus", "x-github-api-version": _API_VERSION},
        limits=httpx2.Limits(max_connections=_MAX_CONNECTIONS),
    )


def headers_of(response: httpx2.Response) -> dict[str, str]:
    """The headers of a response by lower-case name."""
    return {name.lower(): value for name, value in response.headers.items()}


def describe_error(error: Exception) -> str:
    """A failed request in one line."""
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
