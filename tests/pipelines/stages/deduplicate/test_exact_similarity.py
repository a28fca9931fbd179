"""Near the threshold, the exact similarity of the texts decides."""

import itertools
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
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.filters.near_duplicates.shingles import shingle
from codecorpus.filters.near_duplicates.verification import exact_jaccard
from codecorpus.foundation.columns import ByteColumn
from codecorpus.pipelines.corpus.schemas import DOCUMENTS
from codecorpus.pipelines.corpus.tables import parquet_writer
from codecorpus.pipelines.stages.arrays import map_array, write_array
from codecorpus.pipelines.stages.artifacts import (
    PROPOSE_PAIRS,
    SETTLE_PAIRS,
    SHINGLE_DOUBTFUL,
    VERIFY_PAIRS,
)
from codecorpus.pipelines.stages.deduplicate import exact_similarity
from codecorpus.pipelines.stages.deduplicate.exact_duplicates import MatchCopies
from codecorpus.pipelines.stages.deduplicate.exact_similarity import (
    SettlePairs,
    ShingleDoubtful,
    _split,
)
from codecorpus.pipelines.stages.deduplicate.pair_tasks import propose_tasks
from tests.pipelines.stages.deduplicate.made_up_files import SIZE, File, curated, perform_stages

Build = Callable[..., Path]

STDLIB = Path(sysconfig.get_paths()["stdlib"])
NAME = re.compile(rb"[A-Za-z_]{3,}")
THRESHOLD = 0.85


def blur(text: bytes, share: float, chance: random.Random) -> bytes:
    """Rename a share of all words independently, so that similarity falls evenly."""
    return NAME.sub(
        lambda word: (
            b"%b%d" % (word[0], chance.randrange(10**6)) if chance.random() < share else word[0]
        ),
        text,
    )


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Modules, and versions whose similarity to them is about the threshold."""
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
    """For each removed file, the file kept instead and the similarity."""
    rows = pa.concat_tables(pq.read_table(path) for path in (out / "duplicates").iterdir())
    return {row["content_id"]: (row["duplicate_of"], row["similarity"]) for row in rows.to_pylist()}


def exactly(out: Path) -> dict[bytes, tuple[bytes, float]]:
    """The same, by comparing the texts of all pairs of documents."""
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


def test_pairs_near_the_threshold_have_the_similarity_of_their_texts(
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


TEXTS = [
    b"alpha = beta + gamma\nfor item in alpha:\n    print(item)\n",
    b"alpha = beta + gamma\nfor item in alpha:\n    print(item, 1)\n",
    b"import os\nprint(os.name, os.sep, os.linesep)\n",
    b"x = 1\n" * 20,
    b"x = 1\n" * 21 + b"y = 2\n",
    b"alpha = beta + gamma\nfor thing in alpha:\n    print(thing)\n",
]


def test_doubtful_pairs_are_decided_by_the_sets_of_their_shingles(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = {"near": {"permutations": SIZE, "ngram": 3, "threshold": 0.3}}
    files = [File(content=n, size=100 - n, sketch=bytes([n]) * SIZE) for n in range(len(TEXTS))]
    build = curated(tmp_path, [files[:2], files[2:]], **near)
    perform_stages(build, MatchCopies())
    for part, texts in enumerate((TEXTS[:2], TEXTS[2:])):
        nulls = [pa.nulls(len(texts), field.type) for field in DOCUMENTS]
        batch = pa.record_batch(nulls, DOCUMENTS).set_column(
            DOCUMENTS.names.index("text"),
            DOCUMENTS.field("text"),
            pa.array([text.decode() for text in texts], pa.large_string()),
        )
        with parquet_writer(
            build.folder, build.part_file("documents", part), DOCUMENTS, {}
        ) as writer:
            for row in range(len(texts)):
                writer.write_batch(batch.slice(row, 1))
    pairs = [(0, 1), (0, 2), (0, 5), (1, 5), (3, 4)]
    for task in range(propose_tasks(build)):
        build.write_marker(PROPOSE_PAIRS, task, {"pairs": int(task == 0)}, {})
    words = np.array([better << 32 | worse for better, worse in pairs], np.uint64)
    write_array(build, VERIFY_PAIRS.doubtful(0), words, {})
    write_array(build, VERIFY_PAIRS.doubtful_files(0), np.arange(6, dtype=np.uint32), {})
    build.write_marker(VERIFY_PAIRS, 0, {"doubtful": len(pairs)}, {})
    monkeypatch.setattr(exact_similarity, "_SHINGLES", 30)
    perform_stages(build, ShingleDoubtful(), SettlePairs())
    sets = []
    shingles = shingle(ByteColumn.from_values(TEXTS), 3).distinct()
    for first, last in itertools.pairwise(shingles.offsets.tolist()):
        sets.append(set(shingles.hashes[first:last].tolist()))
    jaccard = [len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for a, b in pairs]
    expected = [
        (word, found) for word, found in zip(words.tolist(), jaccard, strict=True) if found >= 0.3
    ]
    assert 0 < len(expected) < len(pairs)
    assert map_array(build, SETTLE_PAIRS.similar(0)).tolist() == [word for word, _ in expected]
    assert map_array(build, SETTLE_PAIRS.jaccard(0)).tolist() == [value for _, value in expected]
    assert [build.summary(SHINGLE_DOUBTFUL, part)["named"] for part in (0, 1)] == [2, 4]


@given(st.lists(st.integers(0, 20), max_size=20), st.integers(1, 30))
def test_ranges_hold_as_much_as_the_limit_allows(sizes: list[int], limit: int) -> None:
    ranges = list(_split(np.array(sizes, np.int64), limit))
    assert [entry for first, last in ranges for entry in range(first, last)] == list(
        range(len(sizes))
    )
    for first, last in ranges:
        assert last - first == 1 or sum(sizes[first:last]) <= limit
        assert last == len(sizes) or sum(sizes[first : last + 1]) > limit
