"""Every file of a folder gets a row, whatever it contains, and the counts add up."""

import io
import json
import os
import socket
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.pipelines.stages.base import TaskError

Build = Callable[..., Path]
GOOD = b"def add(first, second):\n    return first + second\n\n" * 40


def ledger_of(out: Path) -> dict[str, dict[str, Any]]:
    rows = pa.concat_tables(pq.read_table(path) for path in sorted((out / "ledger").iterdir()))
    named = {f"{row['repository']}/{row['path']}": row for row in rows.to_pylist()}
    assert len(named) == len(rows), "each record once"
    return named


def tar_of(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    """One example of everything that goes wrong in real folders."""
    root = tmp_path / "in" / "repositories"
    repository = root / "repo"
    repository.mkdir(parents=True)
    (repository / "good.py").write_bytes(GOOD)
    (repository / "latin.py").write_bytes(b"# \xe9\xe8\n" * 500)
    (repository / "utf16.py").write_text("# text\n" * 500, "utf-16")
    (repository / "nul.py").write_bytes(GOOD + b"\0")
    (repository / "mark.py").write_bytes(b"\xef\xbb\xbf# begins with a mark\n" + GOOD)
    with (repository / "huge.py").open("wb") as file:
        file.truncate(2 << 30)
    (repository / "long_line.py").write_bytes(b"x = '" + b"a" * (50 << 20) + b"'\n")
    (repository / "new\nline.py").write_bytes(GOOD + b"# 1\n")
    (repository / "back\\slash.py").write_bytes(GOOD + b"# 2\n")
    Path(os.fsdecode(os.fsencode(repository) + b"/caf\xe9.py")).write_bytes(GOOD + b"# 3\n")
    os.mkfifo(repository / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(repository / "socket.py"))
    (repository / "loop").symlink_to(repository, target_is_directory=True)
    (repository / "link.py").symlink_to("good.py")
    (repository / ".git").mkdir()
    (repository / ".git" / "hook.py").write_bytes(GOOD)
    deep = repository
    for _ in range(20):
        deep /= "d" * 200
        try:
            deep.mkdir()
        except OSError:
            break
    whole = tar_of({"whole/a.py": GOOD + b"# 4\n", "../escape.py": GOOD, "/absolute.py": GOOD})
    (root / "escaping.tar.gz").write_bytes(whole)
    cut = tar_of({f"cut/{n}.py": GOOD + os.urandom(2000).hex().encode() for n in range(50)})
    (root / "cut.tar.gz").write_bytes(cut[: len(cut) // 2])
    (root / "garbage.zip").write_bytes(b"PK\x03\x04 and then nothing of the kind")
    with zipfile.ZipFile(root / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.py", "w", force_zip64=True) as member:
            for _ in range(80):
                member.write(bytes(1 << 20))
        archive.writestr("fine.py", GOOD + b"# 5\n")
    return tmp_path / "in"


def test_each_file_has_its_reason_and_the_counts_add_up(
    nasty: Path, build: Build, verify: Callable[[Path], None], tmp_path: Path
) -> None:
    out = build(nasty, tmp_path / "out", changes={"deduplicate": {"near": False}})
    verify(out)
    rows = ledger_of(out)
    reasons = {name: row["reason"] for name, row in rows.items()}
    assert reasons["repo/good.py"] is None
    assert reasons["repo/mark.py"] is None
    assert reasons["repo/new\nline.py"] is None
    assert reasons["repo/back\\\\slash.py"] is None
    assert reasons["repo/caf\\xe9.py"] is None
    assert reasons["repo/latin.py"] == "unreadable.utf8"
    assert reasons["repo/utf16.py"] == "unreadable.binary"
    assert reasons["repo/nul.py"] == "unreadable.binary"
    assert reasons["repo/huge.py"] == "unreadable.too_large"
    assert reasons["repo/long_line.py"] == "file_size.max"
    assert reasons["repo/pipe.py"] == "unreadable.io"
    assert reasons["repo/socket.py"] == "unreadable.io"
    assert reasons["escaping/whole/a.py"] is None
    assert reasons["escaping/../escape.py"] == "unreadable.archive"
    assert reasons["escaping//absolute.py"] == "unreadable.archive"
    assert reasons["cut/cut.tar.gz"] == "unreadable.archive"
    assert reasons["cut/cut/0.py"] is None, "members before the damage are taken"
    assert reasons["garbage/garbage.zip"] == "unreadable.archive"
    assert reasons["bomb/zeros.py"] == "unreadable.too_large"
    assert reasons["bomb/fine.py"] is None
    assert not any("loop" in name or "link" in name or ".git" in name for name in rows)
    assert rows["repo/long_line.py"]["longest_line"] == (50 << 20) + 6


def test_strict_fails_and_names_the_damage(nasty: Path, build: Build, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match=r"unreadable\.\w+.*--strict"):
        build(nasty, tmp_path / "out", strict=True)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_file_that_vanishes_between_plan_and_reading(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from codecorpus.pipelines.stages.curate import CurateParts

    root = tmp_path / "in" / "repositories" / "repo"
    root.mkdir(parents=True)
    (root / "stays.py").write_bytes(GOOD)
    (root / "goes.py").write_bytes(GOOD)
    run = CurateParts.run

    def running(*arguments: Any) -> Any:
        (root / "goes.py").unlink()
        return run(*arguments)

    monkeypatch.setattr(CurateParts, "run", running)
    rows = ledger_of(build(tmp_path / "in", tmp_path / "out"))
    reasons = {name: row["reason"] for name, row in rows.items()}
    assert reasons == {"repo/stays.py": None, "repo/goes.py": "unreadable.io"}


def test_if_no_file_is_kept_the_corpus_is_empty(
    build: Build, verify: Callable[[Path], None], tmp_path: Path
) -> None:
    import datasets

    root = tmp_path / "in" / "repositories" / "repo"
    root.mkdir(parents=True)
    (root / "notes.txt").write_text("nothing here")
    out = build(tmp_path / "in", tmp_path / "out")
    verify(out)
    assert len(datasets.load_from_disk(str(out / "shards"))) == 0


def test_an_empty_file_is_kept_if_no_rule_drops_it(
    build: Build, verify: Callable[[Path], None], tmp_path: Path
) -> None:
    root = tmp_path / "in" / "repositories" / "repo"
    root.mkdir(parents=True)
    (root / "__init__.py").write_bytes(b"")
    for packing in ("pad", "concat", "best_fit"):
        changes = {"filters": {}, "encode": {"sequence_length": 64, "packing": packing}}
        out = build(tmp_path / "in", tmp_path / packing, changes=changes)
        verify(out)
        row = ledger_of(out)["repo/__init__.py"]
        assert (row["decision"], row["tokens"]) == ("kept", 0)


def test_only_the_damaged_records_of_a_data_set_are_lost(
    build: Build, verify: Callable[[Path], None], tmp_path: Path
) -> None:
    from tests.pipelines.sources.test_bad_data import flip, page

    folder = tmp_path / "in"
    folder.mkdir()
    texts = [GOOD.decode() + f"number = {n}  # {'x' * n}\n" for n in range(60)]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts[:20]).encode()
    whole = pa.Codec("zstd").compress(lines, asbytes=True)
    (folder / "cut.jsonl.zst").write_bytes(whole + whole[: len(whole) // 2])
    table = pa.table({"code": texts, "path": [f"{n}.py" for n in range(60)]})
    pq.write_table(table, folder / "x.parquet", row_group_size=20, write_page_checksum=True,
                   write_statistics=False)  # fmt: skip
    flip(folder / "x.parquet", page(folder / "x.parquet", 1))
    sources = [{"type": "pile", "paths": ["*.zst"]}, {"type": "codeparrot", "paths": ["*.parquet"]}]
    changes = {"sources": sources, "deduplicate": {"exact": False, "near": False}}
    out = build(folder, tmp_path / "out", changes=changes)
    verify(out)
    rows = pa.concat_tables(
        pq.read_table(path) for path in sorted((out / "ledger").iterdir())
    ).to_pylist()
    damage = [row for row in rows if row["decision"] == "unreadable"]
    assert {(row["source"], row["path"], row["reason"]) for row in damage} == {
        ("pile", "cut.jsonl.zst", "unreadable.archive"),
        ("codeparrot", "x.parquet", "unreadable.archive"),
    }
    read = [row["path"] for row in rows if row["source"] == "codeparrot" and row not in damage]
    assert read == [f"{n}.py" for n in range(60) if not 20 <= n < 40]
    (trace,) = [json.loads(path.read_text()) for path in (out / "log/unreadable").glob("*.jsonl")
                if "parquet" in path.read_text()]  # fmt: skip
    assert "row group 1 is damaged" in trace["detail"]
