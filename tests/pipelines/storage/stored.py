"""Stores that tests write into."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from codecorpus.pipelines.storage.stores import store_of
from codecorpus.pipelines.storage.stores.base import WritableStore
from codecorpus.pipelines.storage.stores.object_store import Buckets

HADOOP = Path(os.environ.get("ENGINES", "none"), "hdfs", "jars").resolve()
"""What `make test-engines` fetches for an HDFS on loopback; elsewhere nothing lies there."""

BUCKETS = ["s3", "gs"]
KINDS = [*BUCKETS, "hdfs"] if HADOOP.exists() else BUCKETS
"""The kinds of store that the tests of all kinds run over."""


def writable(url: str) -> WritableStore:
    """The store of a URL that an output folder may lie under."""
    return cast("WritableStore", store_of(url))


def break_uploads(
    store: WritableStore, monkeypatch: pytest.MonkeyPatch, instead: Callable[..., None]
) -> None:
    """Let something else happen where a store's library would send a file."""
    if isinstance(store, Buckets):
        monkeypatch.setattr(store.filesystem(), "put_file", instead)
        return
    from codecorpus.pipelines.storage.stores import hdfs

    send = hdfs._store

    def sent(client: Any, name: str, alive: Any, pieces: Any, *, replace: bool) -> None:
        if isinstance(pieces, list):  # some bytes, no file
            send(client, name, alive, pieces, replace=replace)
        else:
            instead()

    monkeypatch.setattr(hdfs, "_store", sent)
