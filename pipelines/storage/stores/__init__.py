"""The stores: one per URL scheme and process, opened at first use."""

from typing import Final

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.locations import EXPECTED, SCHEMES, scheme_of
from codecorpus.pipelines.storage.stores.base import Store

_NEEDS: Final = {
    "s3": ("s3fs", "codecorpus[aws]"),
    "gs": ("gcsfs", "codecorpus[gcp]"),
    "hf": ("huggingface_hub", "huggingface_hub"),
    "hdfs": ("hdfs-native", "codecorpus[hdfs]"),
}
_stores: dict[str, Store] = {}  # one a process and scheme


def _open(scheme: str) -> Store:
    if scheme in {"http", "https"}:
        from codecorpus.pipelines.storage.stores.http_store import (
            Web,  # httpx is not needed for other URLs
        )

        return Web()
    module, install = _NEEDS[scheme]
    try:
        if scheme == "hdfs":
            from codecorpus.pipelines.storage.stores.hdfs import Hdfs

            return Hdfs()
        from codecorpus.pipelines.storage.stores.object_store import (
            Buckets,  # fsspec costs a tenth of a second
        )

        return Buckets(scheme)
    except ImportError as error:
        raise UsageError(
            f"{scheme}:// needs {module} ({error}); install it: pip install '{install}'"
        ) from error


def store_of(url: str | bytes) -> Store:
    """The store of a URL, one a process.

    Raises:
        UsageError: its library is not installed, or the scheme is none that is known.
    """
    scheme = scheme_of(url)
    if scheme not in SCHEMES:
        raise UsageError(f"{url!r}: {EXPECTED}")
    if scheme not in _stores:
        _stores[scheme] = _open(scheme)
    return _stores[scheme]


def forget() -> None:
    """Let all connections go, and make new stores from now on: the environment has changed."""
    while _stores:
        _stores.popitem()[1].close()
