"""Stores for tests to write to."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from codecorpus.pipelines.storage.stores import store_of
from codecorpus.pipelines.storage.stores.base import WritableStore
from codecorpus.pipelines.storage.stores.object_store import ObjectStore

HADOOP = Path(os.environ.get("ENGINES", "none"), "hdfs", "jars").resolve()
"""Hadoop, which `make test-engines` downloads; otherwise the folder does not exist."""

BUCKETS = ["s3", "gs"]
KINDS = [*BUCKETS, "hdfs"] if HADOOP.exists() else BUCKETS
"""The schemes that tests of all stores run over."""


def writable(url: str) -> WritableStore:
    """The store of a URL, typed as writable."""
    return cast("WritableStore", store_of(url))


def break_uploads(
    store: WritableStore, monkeypatch: pytest.MonkeyPatch, instead: Callable[..., None]
) -> None:
    """Call `instead` where a store's library would upload a file."""
    if isinstance(store, ObjectStore):
        monkeypatch.setattr(store.filesystem, "put_file", instead)
        return
    from codecorpus.pipelines.storage.stores import hdfs

    write = hdfs._write

    def patched(client: Any, path: str, progress: Any, pieces: Any, *, replace: bool) -> None:
        if isinstance(pieces, list):  # `write`, not `upload`
            write(client, path, progress, pieces, replace=replace)
        else:
            instead()

    monkeypatch.setattr(hdfs, "_write", patched)
