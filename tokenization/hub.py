"""Downloading GPT-2's two vocabulary files from the Hugging Face hub or a mirror."""

import http.client
import os
import time
import urllib.error
import urllib.request

from codecorpus.foundation.errors import VocabularyError

ENDPOINT = "https://huggingface.co"
STALL_SECONDS = 5.0
"""Timeout for connecting, and for each wait for more bytes."""
TOTAL_SECONDS = 60.0
"""Timeout for a whole file."""
LARGEST_FILE = 8 << 20
"""Bytes."""


def fetch(names: tuple[str, ...]) -> dict[str, bytes]:
    """Download the named files of the hub's `gpt2` repository, without retries.

    Honours `HF_ENDPOINT`, `HF_HUB_OFFLINE` and the usual proxy variables.

    Raises:
        VocabularyError: a download failed; the message has the hub's answer.
    """
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}:
        raise VocabularyError("not tried, because HF_HUB_OFFLINE is set")
    endpoint = (os.environ.get("HF_ENDPOINT") or ENDPOINT).rstrip("/")
    return {name: _download(f"{endpoint}/gpt2/resolve/main/{name}") for name in names}


def _download(url: str) -> bytes:
    if not url.startswith(("https://", "http://")):
        raise VocabularyError(f"{url}: HF_ENDPOINT must begin with https:// or http://")
    deadline = time.monotonic() + TOTAL_SECONDS
    content = bytearray()
    try:
        with urllib.request.urlopen(url, timeout=STALL_SECONDS) as response:  # noqa: S310 - checked
            while block := response.read1(1 << 16):
                content += block
                if len(content) > LARGEST_FILE:
                    raise VocabularyError(f"{url}: larger than {LARGEST_FILE:,} bytes")
                if time.monotonic() > deadline:
                    raise VocabularyError(f"{url}: took longer than {TOTAL_SECONDS:g} s")
    except urllib.error.HTTPError as error:
        with error:
            raise VocabularyError(f"{url}: {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise VocabularyError(f"{url}: {reason or type(error).__name__}") from error
    return bytes(content)
