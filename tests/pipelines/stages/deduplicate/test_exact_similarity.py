"""Near the threshold, near duplicates of a build follow from the exact similarity of the texts."""

import random
import re
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.filters.near_duplicates.verification import exact_jaccard
from codecorpus.foundation.columns import ByteColumn

Build = Callable[..., Path]

STDLIB = Path(sysconfig.get_paths()["stdlib"])
NAME = re.compile(rb"[A-Za-z_]{3,}")
THRESHOLD = 0.85


def blur(text: bytes, share: float, chance: random.Random) -> bytes:
    """Rename a share of all words, each by itself, so that similarity falls evenly."""
    return NAME.sub(
        lambda word: (
            b"%b%d" % (word[0], chance.randrange(10**6)) if chance.random() < share else word[0]
        ),
        text,
    )


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Modules, and versions of them that are similar to them by about the threshold."""
    chance = random.Random(3)
    folder = tmp_path_factory.mktemp("crowded")
    for module in sorted((STDLIB / "email").glob("*.py")):
        text = module.read_bytes()
        for version in range(5):
            path = folder / "repositories" / f"version-{version}" / module.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(blur(text, [0, 0.016, 0.018, 0.02, 0.022][version], chance))
    return folder


def near(margin: float) -> dict[str, Any]:
    settings = {"threshold": THRESHOLD, "exact_margin": margin}
    return {"deduplicate": {"near": settings, "prefer": ["size"]}}


def duplicates(out: Path) -> dict[bytes, tuple[bytes, float]]:
    """What goes, for what, how similar, by the table of duplicates."""
    rows = pa.concat_tables(pq.read_table(path) for path in (out / "duplicates").iterdir())
    return {row["content_id"]: (row["duplicate_of"], row["similarity"]) for row in rows.to_pylist()}


def exactly(out: Path) -> dict[bytes, tuple[bytes, float]]:
    """The same, by comparing the texts of all documents with each other."""
    columns = ["content_id", "size", "text"]
    tables = [pq.read_table(path, columns=columns) for path in (out / "documents").iterdir()]
    rows = sorted(
        pa.concat_tables(tables).to_pylist(), key=lambda row: (-row["size"], row["content_id"])
    )
    texts = ByteColumn.from_values([row["text"].encode() for row in rows])
    left, right = np.triu_indices(len(rows), 1)
    similarity = np.zeros((len(rows), len(rows)))
    similarity[left, right] = exact_jaccard(texts, left, right, 5)
    staying: list[int] = []
    found = {}
    for worse, row in enumerate(rows):
        of = next((n for n in staying if similarity[n, worse] >= THRESHOLD), None)
        if of is None:
            staying.append(worse)
        else:
            found[row["content_id"]] = (rows[of]["content_id"], float(similarity[of, worse]))
    return found


def test_settled_pairs_are_decided_and_described_by_their_texts(
    crowded: Path, build: Build, tmp_path: Path
) -> None:
    out = build(crowded, tmp_path / "out", changes=near(6.0))
    truth = exactly(out)
    assert len(truth) > 20
    assert duplicates(out) == truth


def test_without_a_margin_similarity_is_the_sketches_estimate(
    crowded: Path, build: Build, tmp_path: Path
) -> None:
    out = build(crowded, tmp_path / "out", changes=near(0.0))
    found = np.array([similarity for _, similarity in duplicates(out).values()])
    positions = (found * 0.75 + 0.25) * 1024
    assert len(positions) > 20
    assert positions == pytest.approx(positions.round())
    exact = np.array([similarity for _, similarity in exactly(out).values()]) * 0.75 * 1024
    assert exact != pytest.approx(exact.round())


def test_parts_do_not_matter(crowded: Path, build: Build, tmp_path: Path) -> None:
    whole = build(crowded, tmp_path / "whole", changes=near(2.0) | {"part_bytes": 1 << 30})
    parts = build(crowded, tmp_path / "parts", changes=near(2.0) | {"part_bytes": 20_000})
    assert len(list((whole / "documents").iterdir())) < len(list((parts / "documents").iterdir()))
    assert duplicates(whole) == duplicates(parts)


def test_small_blocks_do_not_matter(
    crowded: Path, build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = duplicates(build(crowded, tmp_path / "whole", changes=near(2.0)))
    monkeypatch.setattr("codecorpus.pipelines.stages.deduplicate.exact_similarity._TEXT", 9_000)
    monkeypatch.setattr("codecorpus.pipelines.stages.deduplicate.exact_similarity._SHINGLES", 3_000)
    assert duplicates(build(crowded, tmp_path / "blocks", changes=near(2.0))) == whole
