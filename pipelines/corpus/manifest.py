"""Checks that a manifest's counts add up, and computes the digest of the output folder."""

import fnmatch
import hashlib
import os
from typing import Any

from codecorpus.foundation.errors import StorageError
from codecorpus.pipelines.corpus.layout import SHARDS, UNDIGESTED
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder


def check_sums(manifest: dict[str, Any]) -> None:
    """Check that every record has one decision, and every kept file one language.

    Raises:
        StorageError: names the first counts that differ.
    """
    counts = manifest["counts"]
    sums = [
        ("records", manifest["records"], "ledger rows", sum(counts.values())),
        (
            "kept files",
            counts.get("kept", 0),
            "files by language",
            sum(sums["files"] for sums in manifest["languages"].values()),
        ),
        *(
            ("records of a part", part["records"], "its ledger rows", sum(part["counts"].values()))
            for part in manifest["parts"]
        ),
    ]
    for left, expected, right, got in sums:
        if expected != got:
            raise StorageError(
                f"the counts do not add up: {expected} {left}, but {got} {right}; records were "
                "lost or counted twice: please report this with the log folder"
            )


def digests_of(folder: Folder) -> dict[str, FileDigest]:
    """Read every file that is part of the digest, and compute its digest.

    What `datasets` itself writes beside the shards, such as for `map`, is not part of it.
    """
    return {
        name: folder.digest_of(name)
        for name in folder.files(exclude=UNDIGESTED)
        if not fnmatch.fnmatchcase(name, f"{SHARDS}/cache-*.arrow")
    }


def combined_digest(digests: dict[str, FileDigest]) -> str:
    """SHA-256 of the lines `path TAB size TAB sha256 LF`, sorted by path."""
    lines = [
        f"{name}\t{digests[name].size}\t{digests[name].sha256}\n"
        for name in sorted(digests, key=os.fsencode)
    ]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
