"""The commands report, why and verify on a real build."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.reader import NoBuildError
from codecorpus.pipelines.inspection.report import print_next_steps, print_report
from codecorpus.pipelines.inspection.verify import VerificationError, print_verification
from codecorpus.pipelines.inspection.why import NotFoundError, print_explanation

Build = Callable[..., Path]


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "copy")
    return tmp_path / "copy"


def test_the_report_fits_80_columns_and_adds_up(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    print_report(built)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    manifest = json.loads((built / "manifest.json").read_text())
    text = "\n".join(lines)
    for reason in manifest["counts"].keys() - {"kept"}:
        assert reason in text
    shown = [line.split() for line in lines if line.startswith(("kept", "all"))]
    assert shown[0][1] == f"{manifest['counts']['kept']:,}"
    assert shown[1][1] == f"{manifest['records']:,}"
    assert "% padding" in text
    assert "26.67%" in text, "CodeGeeX's share of Python stands beside ours"


def test_next_steps_name_the_folder(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_next_steps(built)
    assert f"codecorpus verify {built}" in capsys.readouterr().out.replace("\n", "")


def explain(built: Path, query: str, capsys: pytest.CaptureFixture[str]) -> str:
    print_explanation(built, query)
    return capsys.readouterr().out


def test_why_of_a_kept_file(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = explain(built, "edited/decoder.py", capsys)
    assert text.startswith("edited/decoder.py: kept\n")
    assert "alphabet_ratio" in text
    assert text.count(": passes") == 4
    assert "segment     1 of" in text


def test_why_of_a_dropped_file_says_which_rule_and_what_came_before(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = explain(built, "edited/table.py", capsys)
    assert "edited/table.py: dropped (alphabet_ratio.min)" in text
    states = [line.rsplit(": ", 1)[1] for line in text.splitlines() if "  rule  " in line]
    assert states == ["passes", "passes", "fails", "not reached"]


def test_why_of_a_duplicate_names_the_kept_file(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = explain(built, "json/decoder.py", capsys)
    assert "duplicate (near_duplicate)" in text
    assert "survivor    edited/decoder.py" in text
    assert "similarity  0.9" in text


def test_why_of_an_unreadable_file(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "unreadable (unreadable.utf8)" in explain(built, "edited/latin.py", capsys)
    text = explain(built, "edited/logo.png", capsys)
    assert "dropped (language.not_source)" in text
    assert "the file was not read" in text


def test_why_by_content_id_finds_all_copies(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = pa.concat_tables(pq.read_table(path) for path in (built / "ledger").iterdir())
    scanner = rows.filter(pa.compute.equal(rows["path"], "scanner.py")).to_pylist()
    content_id = next(r for r in scanner if r["repository"] == "json")["content_id"].hex()
    for query in (content_id, content_id[:10], content_id.upper()):
        text = explain(built, query, capsys)
        assert "json/scanner.py: " in text
        assert "json-copy/scanner.py: " in text


def test_why_of_an_unknown_name_suggests_similar_names(built: Path) -> None:
    with pytest.raises(NotFoundError, match=r"json/decoder\.py"):
        print_explanation(built, "json/decodr.py")
    with pytest.raises(NotFoundError, match=r"expected repository/path"):
        print_explanation(built, "0123456789abcdef")


def test_verify_prints_the_digest_as_documented(
    built: Path, digest: Callable[[Path], str], capsys: pytest.CaptureFixture[str]
) -> None:
    print_verification(built, 0)
    text = capsys.readouterr().out
    assert f"digest: {digest(built)}\n" in text
    kept = json.loads((built / "manifest.json").read_text())["counts"]["kept"]
    assert f"{kept} of {kept} kept files decode exactly" in text


def test_verify_finds_a_flipped_byte(copy: Path) -> None:
    shard = next((copy / "shards").glob("*.arrow"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    with pytest.raises(VerificationError, match=rf"shards/{shard.name}: .*the manifest has"):
        print_verification(copy, 0)


def test_verify_finds_missing_and_unexpected_files(copy: Path) -> None:
    (copy / "tokenizer.json").unlink()
    (copy / "notes.txt").write_text("mine")
    with pytest.raises(VerificationError) as wrong:
        print_verification(copy, 0)
    assert "tokenizer.json: missing" in str(wrong.value)
    assert "notes.txt: not in the manifest" in str(wrong.value)


def forge(copy: Path, name: str) -> None:
    """Make the manifest agree with a changed file, so that only the counts reveal the change."""
    from codecorpus.pipelines.storage.folder import Folder

    folder = Folder(copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    digest = folder.digest_of(name)
    manifest["files"][name] = [digest.size, digest.sha256]
    (copy / "manifest.json").write_text(json.dumps(manifest))


def test_verify_finds_a_lost_ledger_row(copy: Path) -> None:
    path = min((copy / "ledger").iterdir())
    pq.write_table(pq.read_table(path).slice(1), path)
    forge(copy, f"ledger/{path.name}")
    with pytest.raises(VerificationError, match=r"the ledger has \d+, the manifest \d+"):
        print_verification(copy, 0)


def test_verify_finds_ids_that_decode_to_another_text(copy: Path) -> None:
    path = min((copy / "shards").glob("*.arrow"))
    table = pa.ipc.open_stream(path).read_all()
    ids = table["input_ids"].combine_chunks().flatten().to_numpy().copy()
    ids[100] = (int(ids[100]) + 1) % 50_000
    rows = pa.FixedSizeListArray.from_arrays(pa.array(ids), 513)
    with pa.ipc.new_stream(path, table.schema) as writer:
        writer.write_table(pa.table([rows, table["language"]], schema=table.schema))
    forge(copy, f"shards/{path.name}")
    with pytest.raises(VerificationError, match="its ids decode to another text"):
        print_verification(copy, 0)


def test_a_folder_without_a_build_is_refused(tmp_path: Path) -> None:
    for look in (print_report, lambda path: print_verification(path, 1)):
        with pytest.raises(NoBuildError, match="no build here"):
            look(tmp_path)
    assert issubclass(NoBuildError, UsageError)
