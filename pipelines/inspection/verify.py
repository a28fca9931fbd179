"""Verifies a build: digests of its files, its counts, and that its rows decode to the kept files.

Digests reveal files that changed later, counts reveal lost records, decoding reveals encoding
errors.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
from rich.console import Console

from codecorpus.foundation.errors import CodecorpusError
from codecorpus.pipelines.corpus.layout import MANIFEST
from codecorpus.pipelines.corpus.manifest import check_sums, combined_digest, digests_of
from codecorpus.pipelines.corpus.reader import open_build
from codecorpus.pipelines.inspection.decode_check import check_decoding
from codecorpus.pipelines.storage.digests import FileDigest
from codecorpus.pipelines.storage.folder import Folder
from codecorpus.pipelines.storage.locations import Location


class VerificationError(CodecorpusError):
    """A build failed verification; the message lists the faults."""


_SHOWN = 20


def print_verification(path: Location, sample: int) -> None:
    """Verify a build and print its digest.

    Args:
        path: the output folder.
        sample: the approximate number of kept files to decode; 0: all.

    Raises:
        VerificationError: the build has faults.
    """
    folder, manifest = open_build(path)
    try:
        _print_verification(folder, manifest, sample)
    finally:
        folder.remove_copies()


def _print_verification(folder: Folder, manifest: dict[str, Any], sample: int) -> None:
    digests = digests_of(folder)
    faults = list(_digest_faults(manifest, digests))
    if not faults:  # damaged files would only raise obscure errors below
        faults += _sum_faults(folder, manifest)
        checked, wrong = check_decoding(folder, manifest, sample)
        faults += wrong
    if faults:
        shown = "\n".join(f"  {fault}" for fault in faults[:_SHOWN])
        more = f"\n  and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise VerificationError(f"{folder.root}: verification failed:\n{shown}{more}")
    console = Console(highlight=False, soft_wrap=True)
    console.print(
        f"{len(digests):,} files match the manifest; {manifest['records']:,} records add up"
    )
    console.print(f"{checked:,} of {manifest['counts'].get('kept', 0):,} kept files decode exactly")
    console.print(f"digest: {combined_digest(digests)}")


def _digest_faults(manifest: dict[str, Any], digests: dict[str, FileDigest]) -> Iterator[str]:
    expected = {name: FileDigest(*digest) for name, digest in manifest["files"].items()}
    for name in sorted(expected.keys() | digests.keys() - {MANIFEST}):
        if name not in digests:
            yield f"{name}: missing"
        elif name not in expected:
            yield f"{name}: not in the manifest"
        elif digests[name] != expected[name]:
            actual, listed = digests[name], expected[name]
            yield (
                f"{name}: {actual.size} bytes, sha256 {actual.sha256[:12]}…; the manifest has "
                f"{listed.size} bytes, sha256 {listed.sha256[:12]}…"
            )


def _sum_faults(folder: Folder, manifest: dict[str, Any]) -> Iterator[str]:
    try:
        check_sums(manifest)
    except CodecorpusError as error:
        yield str(error)
    counts: Counter[str] = Counter()
    tokens: Counter[str] = Counter()
    for name in folder.names("ledger"):
        rows = pq.read_table(
            folder.path(f"ledger/{name}"), columns=["reason", "language", "tokens"]
        )
        reasons = pc.value_counts(rows["reason"].fill_null("kept"))
        counts.update({item["values"]: item["counts"] for item in reasons.to_pylist()})
        kept = rows.filter(rows["reason"].is_null()).group_by("language")
        for sums in kept.aggregate([("tokens", "sum")]).to_pylist():
            tokens[sums["language"]] += sums["tokens_sum"]
    for what, actual, listed in (
        ("counts", counts, Counter(manifest["counts"])),
        ("tokens", tokens, Counter(manifest["tokens"])),
    ):
        if actual != listed:
            key = min(key for key in actual | listed if actual[key] != listed[key])
            yield f"{what} of {key}: the ledger has {actual[key]}, the manifest {listed[key]}"
