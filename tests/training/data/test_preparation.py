"""The table holds what `rows/` and the ledger say, and is made completely or not at all."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.corpus.rows import Corpus, open_corpus
from codecorpus.pipelines.corpus.shards import CLASSES
from codecorpus.training.data import preparation, validation
from codecorpus.training.data.row_table import prepare
from tests.pipelines.corpus.synthetic import write_corpus


@pytest.fixture(scope="module", params=["pad", "concat", "best_fit"])
def corpus(request: pytest.FixtureRequest, corpora: dict[str, Path]) -> Corpus:
    return open_corpus(corpora[request.param])


@pytest.fixture
def copy(corpora: dict[str, Path], tmp_path: Path) -> Path:
    """A copy of a corpus, to damage."""
    return shutil.copytree(corpora["concat"], tmp_path / "copy")


def test_segments_and_files_are_those_of_rows_and_ledger(corpus: Corpus, tmp_path: Path) -> None:
    table = prepare(corpus, tmp_path, context=corpus.sequence_length, validation=0.1)
    root = corpus.folder.path("")
    placed = pq.read_table(root / "rows").sort_by([("row", "ascending"), ("offset", "ascending")])
    kept = pq.read_table(root / "ledger", filters=pc.field("decision") == "kept").to_pylist()
    files = {row["content_id"]: row for row in kept}
    row = placed["row"].to_numpy()
    assert np.array_equal(np.repeat(np.arange(corpus.rows), np.diff(table.first_segment)), row)
    assert np.array_equal(table.segment_offset, placed["offset"].to_numpy())
    assert np.array_equal(table.lengths, corpus.lengths(np.arange(corpus.rows)))
    of_rows: dict[int, list[dict[str, str]]] = {}
    for number, content in zip(row.tolist(), placed["content_id"].to_pylist(), strict=True):
        of_rows.setdefault(number, []).append(files[content])
    for number in range(0, corpus.rows, 7):
        expected = [(file["repository"], file["path"]) for file in of_rows[number]]
        assert [(file.repository, file.path) for file in table.files_of(number)] == expected
        languages = {file["language"] for file in of_rows[number]}
        name = languages.pop() if len(languages) == 1 else "mixed"
        assert CLASSES[table.languages[number]] == name


def test_training_and_validation_share_no_repository_or_content(
    corpus: Corpus, tmp_path: Path
) -> None:
    said: list[str] = []
    table = prepare(corpus, tmp_path, context=64, validation=0.1, report=said.append)
    assert 0.05 <= len(table.validation) / (len(table.training) + len(table.validation)) <= 0.17
    assert not any("warning" in line for line in said)
    seen: list[set[tuple[str | None, str]]] = []
    for samples in (table.training, table.validation):
        rows = np.unique(samples // table.windows)
        segments = np.concatenate(
            [np.arange(*table.first_segment[row : row + 2]) for row in rows.tolist()]
        )
        numbers = np.unique(table.segment_file[segments])
        names = table.file_names(numbers)
        seen.append({(name.repository, name.content_id) for name in names})
    for field in (0, 1):
        training, held_out = ({file[field] for file in files} for files in seen)
        assert held_out
        assert not training & held_out


def test_small_chunks_give_the_same_table(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = prepare(corpus, tmp_path / "whole", context=32, validation=0.1)
    monkeypatch.setattr(preparation, "_CHUNK", 7)
    monkeypatch.setattr(validation, "_CHUNK", 5)
    chunked = prepare(corpus, tmp_path / "chunked", context=32, validation=0.1)
    for name in ("training", "validation", "languages", "sources"):
        assert np.array_equal(getattr(whole, name), getattr(chunked, name))
    for by in ("language", "source"):
        for one, other in zip(whole.groups(by), chunked.groups(by), strict=True):
            assert np.array_equal(one, other)


def test_groups_are_the_training_samples(corpus: Corpus, tmp_path: Path) -> None:
    table = prepare(corpus, tmp_path, context=32, validation=0.1)
    groups = table.groups("language")
    assert np.array_equal(np.sort(np.concatenate(groups)), table.training)
    for number, samples in enumerate(groups):
        assert (table.languages[samples // table.windows] == number).all()


def test_packed_corpora_of_one_repository_have_a_validation(corpus: Corpus, tmp_path: Path) -> None:
    root = shutil.copytree(corpus.folder.path(""), tmp_path / "corpus")
    for path in (root / "ledger").glob("*.parquet"):
        table = pq.read_table(path)
        column = pa.array(["one"] * table.num_rows)
        index = table.schema.get_field_index("repository")
        pq.write_table(table.set_column(index, "repository", column), path)
    said: list[str] = []
    made = prepare(open_corpus(root), tmp_path, context=128, validation=0.1, report=said.append)
    assert any("kept by a hash of their contents" in line for line in said)
    assert 0.05 < len(made.validation) / corpus.rows < 0.17
    assert len(made.training) > 0.55 * corpus.rows


def test_rows_may_be_longer_than_65536_ids(tmp_path: Path) -> None:
    corpus = open_corpus(write_corpus(tmp_path / "corpus", [5], sequence_length=1 << 17))
    table = prepare(corpus, tmp_path, context=1 << 17, validation=0)
    assert np.array_equal(table.lengths, corpus.lengths(np.arange(5)))
    assert table.lengths.max() > 1 << 16


def test_a_killed_preparation_is_made_again(tmp_path: Path) -> None:
    corpus = open_corpus(write_corpus(tmp_path / "corpus", [50, 0, 30]))
    run = tmp_path / "run"
    (run / "data.unfinished").mkdir(parents=True)
    (run / "data.unfinished" / "lengths.npy").write_bytes(b"half")
    table = prepare(corpus, run, context=64, validation=0)
    assert len(table.training) == corpus.rows
    assert [path.name for path in run.iterdir()] == ["data"]


def test_another_corpus_gets_another_table(tmp_path: Path) -> None:
    run = tmp_path / "run"
    for name, parts in (("one", [40]), ("two", [70])):
        corpus = open_corpus(write_corpus(tmp_path / name, parts))
        assert len(prepare(corpus, run, context=64, validation=0).training) == parts[0]


@pytest.mark.parametrize("context", [48, 100, 256])
def test_a_context_that_does_not_divide_is_refused(
    corpora: dict[str, Path], tmp_path: Path, context: int
) -> None:
    with pytest.raises(UsageError, match=f"context {context} does not divide"):
        prepare(open_corpus(corpora["pad"]), tmp_path, context=context, validation=0)


@pytest.mark.parametrize("damage", ["missing", "empty", "other"])
def test_a_ledger_that_does_not_fit_is_refused(copy: Path, tmp_path: Path, damage: str) -> None:
    path = min((copy / "ledger").glob("*.parquet"))
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        pq.write_table(pq.read_table(path).slice(0, 0), path)
    else:
        table = pq.read_table(path)
        ids = table["content_id"].combine_chunks()
        index = table.schema.get_field_index("content_id")
        shifted = ids.take(np.roll(np.arange(len(ids)), 1))
        changed = pc.if_else(pc.equal(table["decision"], "kept"), b"\0" * 20, shifted)
        pq.write_table(table.set_column(index, "content_id", changed.cast(ids.type)), path)
    with pytest.raises(UsageError, match=r"codecorpus verify"):
        prepare(open_corpus(copy), tmp_path, context=64, validation=0)
    assert not (tmp_path / "data").exists()


def test_ids_above_the_vocabulary_are_refused(tmp_path: Path) -> None:
    corpus = open_corpus(write_corpus(tmp_path / "corpus", [50, 0, 30]))
    table = prepare(corpus, tmp_path / "run", context=64, validation=0)
    largest = corpus.ids(np.arange(corpus.rows)).max()
    table.check_vocabulary(int(largest) + 1)
    with pytest.raises(UsageError, match=rf"row \d+ \(owner/\d+/\d+\.py\) has the id {largest:,}"):
        table.check_vocabulary(int(largest))
