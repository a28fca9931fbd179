"""What must add up in every manifest."""

from typing import Any

from codecorpus.foundation.errors import StorageError


def check_sums(manifest: dict[str, Any]) -> None:
    """Every record has one decision, and every kept file one language.

    Raises:
        StorageError: names the first sum that does not hold.
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
                f"the sums do not hold: {expected} {left}, but {got} {right}; something was lost "
                "or counted twice: please report this, with the log folder"
            )
