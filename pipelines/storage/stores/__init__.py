"""The stores: one per URL scheme and process, opened at first use."""

from typing import Final

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.storage.errors import ChangedError
from codecorpus.pipelines.storage.locations import EXPECTED, SCHEMES, FileInfo, scheme_of
from codecorpus.pipelines.storage.stores.base import Store

_LIBRARIES: Final = {  # by scheme: the library, and what to install
    "s3": ("s3fs", "codecorpus[aws]"),
    "gs": ("gcsfs", "codecorpus[gcp]"),
    "hf": ("huggingface_hub", "huggingface_hub"),
    "hdfs": ("hdfs-native", "codecorpus[hdfs]"),
}
_stores: dict[str, Store] = {}


def store_of(url: str | bytes) -> Store:
    """The store of a URL's scheme.

    Raises:
        UsageError: its library is not installed, or the scheme is not supported.
    """
    scheme = scheme_of(url)
    if scheme not in SCHEMES:
        raise UsageError(f"{url!r}: {EXPECTED}")
    if scheme not in _stores:
        _stores[scheme] = _open(scheme)
    return _stores[scheme]


def close_all() -> None:
    """Close all stores; they are opened again, with the environment at that time, when needed."""
    while _stores:
        _stores.popitem()[1].close()


def require_unchanged(url: str, size: int, stamp: str) -> FileInfo:
    """The present state of a file that was listed with this size and stamp.

    Raises:
        ChangedError: it is missing, or differs.
    """
    info = store_of(url).info(url)
    if info is None:
        raise ChangedError.missing(url)
    if (info.size, info.stamp) != (size, stamp):
        raise ChangedError(
            f"{url}: it has changed since it was listed ({size:,} bytes, {stamp}; now "
            f"{info.size:,} bytes, {info.stamp}); restore the old file, or start a new build"
        )
    return info


def read_listed(file: FileInfo) -> bytes:
    """All bytes of a listed file, by one request if the store supports that, else by two.

    Raises:
        ChangedError: it is missing, or differs.
        RemoteError: it could not be read.
    """
    store = store_of(file.url)
    try:
        data = store.read_if_unchanged(file)
        if data is None:
            require_unchanged(file.url, file.size, file.stamp)
            data = store.read(file.url, 0, file.size)
    except FileNotFoundError as error:
        raise ChangedError.missing(file.url) from error
    return data


def _open(scheme: str) -> Store:
    # Each library is imported only when a URL needs it: they may not be installed, and fsspec alone
    # takes a tenth of a second.
    if scheme in {"http", "https"}:
        from codecorpus.pipelines.storage.stores.http_store import HttpStore

        return HttpStore()
    library, package = _LIBRARIES[scheme]
    try:
        if scheme == "hdfs":
            from codecorpus.pipelines.storage.stores.hdfs import HdfsStore

            return HdfsStore()
        from codecorpus.pipelines.storage.stores.object_store import ObjectStore

        return ObjectStore(scheme)
    except ImportError as error:
        raise UsageError(
            f"{scheme}:// needs {library} ({error}); install it: pip install '{package}'"
        ) from error
