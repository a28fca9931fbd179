"""The counts of a manifest must add up; the digest is as documented."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.corpus.manifest import check_sums, combined_digest, digests_of
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder


@pytest.fixture
def manifest() -> dict[str, Any]:
    return {
        "records": 5,
        "counts": {"kept": 2, "file_size.min": 3},
        "languages": {"C": {"files": 1}, "Go": {"files": 1}},
        "parts": [{"records": 5, "counts": {"kept": 2, "file_size.min": 3}}],
    }


def test_a_manifest_that_adds_up_passes(manifest: dict[str, Any]) -> None:
    check_sums(manifest)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("records", 6, "6 records, but 5 ledger rows"),
        ("languages", {"C": {"files": 1}}, "2 kept files, but 1 files by language"),
        ("parts", [{"records": 4, "counts": {"kept": 5}}], "4 records of a part, but 5 its ledger"),
    ],
)
def test_counts_that_differ_are_named(
    manifest: dict[str, Any], key: str, value: object, message: str
) -> None:
    manifest[key] = value
    with pytest.raises(StorageError, match=message):
        check_sums(manifest)


def test_the_digest_ignores_logs_reports_and_the_cache_of_datasets(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    digested = ["a/log/z", "b", "shards/data-00000-of-00001.arrow"]
    for name in (*digested, "log/x", "report/y", "shards/cache-04bda.arrow"):
        folder.write_bytes(name, name.encode(), {})
    assert list(digests_of(folder)) == digested


def test_the_combined_digest_is_as_documented() -> None:
    digests = {"b": FileDigest(2, "22"), "a/x": FileDigest(1, "11")}
    expected = hashlib.sha256(b"a/x\t1\t11\nb\t2\t22\n").hexdigest()
    assert combined_digest(digests) == expected
