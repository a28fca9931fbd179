import gzip
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import Limits
from codecorpus.pipelines.sources.pile import PileSource

Read = Callable[..., list[dict[str, Any]]]
ZSTD = pa.Codec("zstd")
SMALL = Limits(10_000, batch_bytes=4_096, batch_rows=50)


def released(text: object, of: str = "Github") -> dict[str, Any]:
    return {"text": text, "meta": {"pile_set_name": of}}


def encode(rows: list[Any]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def frames(data: bytes, size: int) -> bytes:
    pieces = (data[at : at + size] for at in range(0, len(data), size))
    return b"".join(ZSTD.compress(piece, asbytes=True) for piece in pieces)


def texts(records: list[dict[str, Any]]) -> list[str | None]:
    return [None if r["content"] is None else r["content"].decode() for r in records]


def test_lines_of_other_sets_are_ignored(tmp_path: Path, read: Read) -> None:
    rows = [released("a"), released("b", "PubMed Central"), released("c")]
    (tmp_path / "x.jsonl.zst").write_bytes(frames(encode(rows), 1 << 20))
    records = read(PileSource([tmp_path]))
    assert texts(records) == ["a", "c"]
    assert {(r["repository"], r["path"], r["language"]) for r in records} == {(None, None, None)}


def test_lines_of_the_downloader_have_repository_and_stars(tmp_path: Path, read: Read) -> None:
    meta = {"repo_name": "o/n", "stars": "120", "repo_language": "C", "file_name": "last.py"}
    (tmp_path / "x.jsonl").write_bytes(encode([{"text": "a", "meta": meta}]))
    (record,) = read(PileSource([tmp_path / "x.jsonl"]))
    assert (record["repository"], record["stars"]) == ("o/n", 120)
    assert (record["path"], record["language"]) == (None, None)


@pytest.mark.parametrize("part_bytes", [3_000, 20_000, 1 << 30])
@pytest.mark.parametrize("kind", ["plain", "gz", "frame", "frames", "tiny frames"])
def test_any_splits_give_each_line_once(
    tmp_path: Path, parts: Callable[..., Any], kind: str, part_bytes: int
) -> None:
    chance = random.Random(4)
    rows = [
        released(f"{i} " + "x\n" * chance.randrange(400) * (i % 3), "Github" if i % 5 else "ArXiv")
        for i in range(300)
    ]
    data = encode(rows)
    name, content = {
        "plain": ("x.jsonl", data),
        "gz": ("x.jsonl.gz", gzip.compress(data)),
        "frame": ("x.jsonl.zst", frames(data, len(data))),
        "frames": ("x.jsonl.zst", frames(data, 5_000)),
        "tiny frames": ("x.jsonl.zst", frames(data, 300)),
    }[kind]
    (tmp_path / name).write_bytes(content)
    found = parts(PileSource([tmp_path / name]), part_bytes=part_bytes, limits=SMALL)
    assert len(found) == 1 or part_bytes < 1 << 30
    expected = [row["text"] for row in rows if row["meta"]["pile_set_name"] == "Github"]
    got = [text for part in found for text in texts(part) if text is not None]
    assert sorted(got) == sorted(expected)


@pytest.mark.parametrize("kind", ["gz", "zst"])
@pytest.mark.parametrize("part_bytes", [4_000, 1 << 30])
def test_lines_before_the_end_of_a_truncated_file_are_read(
    tmp_path: Path, read: Read, kind: str, part_bytes: int
) -> None:
    rows = [released(random.Random(i).randbytes(300).hex()) for i in range(50)]
    data = gzip.compress(encode(rows)) if kind == "gz" else frames(encode(rows), 1 << 20)
    name = f"x.jsonl.{kind}"
    (tmp_path / name).write_bytes(data[: len(data) * 2 // 3])
    records = read(PileSource([tmp_path / name]), part_bytes=part_bytes, limits=SMALL)
    (damage,) = [record for record in records if record["error"]]
    assert (damage["error"], damage["path"]) == ("unreadable.archive", name)
    found = [record for record in texts(records) if record is not None]
    assert set(found) <= {row["text"] for row in rows}
    if kind == "gz":
        assert len(found) >= 20


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "unreadable.record"),
        (b"[1]", "unreadable.record"),
        (b'{"meta": {}}', "unreadable.record"),
        (b'{"text": null}', "unreadable.record"),
        (b'{"text": ["a"]}', "unreadable.record"),
        (b'{"text": "\\q"}', "unreadable.record"),
        (b'{"text": "\\ud800"}', "unreadable.utf8"),
        (json.dumps({"text": "x" * 10_001}).encode(), "unreadable.too_large"),
        (json.dumps({"text": "x" * 2_000_000}).encode(), "unreadable.too_large"),
    ],
)
def test_a_malformed_line_does_not_affect_its_neighbours(
    tmp_path: Path, read: Read, line: bytes, reason: str
) -> None:
    good = [encode([released(text)]) for text in ("before", "behind")]
    (tmp_path / "x.jsonl").write_bytes(good[0] + line + b"\n\n" + good[1])
    before, bad, behind = read(PileSource([tmp_path / "x.jsonl"]), limits=SMALL)
    assert (before["content"], behind["content"]) == (b"before", b"behind")
    assert (bad["error"], bad["content"]) == (reason, None)
    assert bad["detail"]


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_an_empty_file_has_no_records(tmp_path: Path, read: Read, suffix: str) -> None:
    (tmp_path / f"x.jsonl{suffix}").write_bytes(b"")
    assert read(PileSource([tmp_path])) == []


def test_a_line_far_over_the_limit_is_skipped(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("wb") as file:
        file.write(b'{"text": "')
        for _ in range(64):
            file.write(b"x" * (1 << 20))
        file.write(b'"}\n{"text": "next"}\n')
    bad, good = read(PileSource([path]), limits=Limits(1 << 20, 1 << 20))
    assert (bad["error"], good["content"]) == ("unreadable.too_large", b"next")


def test_rows_that_are_not_needed_have_no_content(tmp_path: Path, read: Read) -> None:
    (tmp_path / "x.jsonl").write_bytes(encode([released(text) for text in "abc"]))
    records = read(
        PileSource([tmp_path]),
        needs_content=lambda batch: batch["row"].to_numpy() == 1,
        limits=SMALL,
    )
    assert texts(records) == [None, "b", None]


def test_a_path_without_supported_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "none"):
        with pytest.raises(UsageError, match=os.fspath(path)):
            list(PileSource([path]).plan(1))
