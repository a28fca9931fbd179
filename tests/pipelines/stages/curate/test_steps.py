"""The steps of curation: the first reason in the order of the contract, one row for each record."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.filters.rules import RULES
from codecorpus.pipelines.corpus.content_id import content_id
from codecorpus.pipelines.corpus.reasons import reasons
from codecorpus.pipelines.corpus.schemas import DECISIONS, DOCUMENTS
from codecorpus.pipelines.sources.base import ARCHIVE, IO, RECORDS
from codecorpus.pipelines.sources.opt_out import OptOut
from codecorpus.pipelines.stages.artifacts import BATCH_DECISIONS
from codecorpus.pipelines.stages.curate.steps import CuratedBatch, Curator, as_text
from tests.pipelines.stages.planned import make_recipe

CODE = b"def f(x):\n    return x + 1\n"


def curator(
    *, opt_out: tuple[str, ...] = (), source: dict[str, Any] | None = None, **changes: Any
) -> Curator:
    settings_of = {"type": "folder", "name": "a", "paths": ["x"]} | (source or {})
    recipe = make_recipe(sources=[settings_of], comment_sample=1.0, **changes)
    return Curator(recipe, recipe.sources[0], OptOut(opt_out))


def records(*rows: dict[str, Any]) -> pa.RecordBatch:
    """Records of RECORDS; a file of Python in `o/r` unless a row says otherwise."""
    full = [
        dict.fromkeys(RECORDS.names)
        | {"row": number, "repository": "o/r", "path": "a.py", "content": CODE}
        | row
        for number, row in enumerate(rows)
    ]
    return pa.RecordBatch.from_pylist(full, schema=RECORDS)


def reason(batch: CuratedBatch) -> list[str | None]:
    found: list[str | None] = batch.ledger["reason"].to_pylist()
    return found


def test_a_file_that_nothing_drops_is_a_document() -> None:
    batch = curator().curate(records({"stars": 5, "license": "mit"}))
    [document] = batch.documents.to_pylist()
    assert batch.documents.schema == DOCUMENTS
    expected = {
        "content_id": content_id(CODE),
        "text": CODE.decode(),
        "repository": "o/r",
        "path": "a.py",
        "language": "Python",
        "source": "a",
        "stars": 5,
        "license": "mit",
        "size": len(CODE),
        "lines": 2,
        "longest_line": 16,
    }
    assert document.items() >= expected.items()
    assert reason(batch) == [None]
    assert (batch.files_read, batch.bytes_read) == (1, len(CODE))
    assert batch.kept["content_id"].to_pylist() == [content_id(CODE)]
    assert batch.decided("a", 7).schema == DECISIONS
    assert batch.decided("a", 7)["part"].to_pylist() == [7]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"repository": "Bad/x"}, "repository.opted_out"),
        ({"stars": 2}, "repository.stars"),
        ({"stars": 9, "repository_bytes": 1000}, "repository.size"),
        ({"stars": None}, "repository.unknown"),
        ({"path": "a.png", "content": None}, "language.not_source"),
        ({"path": "a.zip", "content": None, "error": ARCHIVE}, ARCHIVE),
        ({"content": None, "error": IO}, IO),
        ({"content": b"x\0y"}, "unreadable.binary"),
        ({"content": b"caf\xe9 = 1\n"}, "unreadable.utf8"),
        ({"path": "a.unheard"}, "language.unknown"),
        ({"path": "a.go", "content": b"package main\n"}, "language.not_selected"),
        ({"content": b"x = 1\n"}, "file_size.min"),
        ({}, None),
    ],
)
def test_a_record_is_dropped_for_its_first_reason(
    row: dict[str, Any], expected: str | None
) -> None:
    source = {"min_stars": 3, "max_repository_bytes": 1000, "unknown": "drop"}
    curate = curator(
        opt_out=("bad",), source=source, languages=["Python"], filters={"file_size": {"min": 10}}
    ).curate
    known = {"stars": 9, "repository_bytes": 10}
    assert reason(curate(records(known | row))) == [expected]
    assert expected is None or expected in reasons(RULES)


def test_the_order_of_reasons_decides_where_several_hold() -> None:
    """Each record lacks the first flaw of the one before it."""
    flaws: list[dict[str, Any]] = [
        {"repository": "bad/x"},
        {"stars": 2},
        {"content": b"\0"},
        {},
    ]
    rows = [
        {"path": "a.go", "content": b"x"} | {k: v for flaw in flaws[at:] for k, v in flaw.items()}
        for at in range(len(flaws))
    ]
    batch = curator(
        opt_out=("bad",),
        source={"min_stars": 3},
        languages=["Python"],
        filters={"file_size": {"min": 10}},
    ).curate(records(*rows))
    assert reason(batch) == [
        "repository.opted_out",
        "repository.stars",
        "unreadable.binary",
        "language.not_selected",
    ]


def test_filters_run_in_the_order_of_the_recipe() -> None:
    rules = {"file_size": {"min": 0, "max": 5}, "mean_line_length": {"max": 5}}
    forward = curator(filters=rules).curate(records({}))
    backward = curator(filters=dict(reversed(rules.items()))).curate(records({}))
    assert (reason(forward), reason(backward)) == (["file_size.max"], ["mean_line_length.max"])


def test_unknown_stars_drop_nothing_where_the_recipe_keeps_them() -> None:
    batch = curator(source={"min_stars": 3, "unknown": "keep"}).curate(records({"stars": None}))
    assert reason(batch) == [None]


def test_dropped_files_are_measured_too() -> None:
    batch = curator(filters={"file_size": {"min": 0, "max": 5}}).curate(
        records({}, {"content": b"\0\0"})
    )
    first, second = batch.ledger.to_pylist()
    assert (first["lines"], first["content_id"]) == (2, content_id(CODE))
    assert (second["lines"], second["content_id"]) == (None, content_id(b"\0\0"))


def test_what_a_source_could_not_read_is_listed() -> None:
    row = {"content": None, "error": IO, "detail": "vanished", "path": "b.py"}
    batch = curator().curate(records({}, row))
    assert batch.damaged == [
        {"row": 1, "repository": "o/r", "path": "b.py", "error": IO, "detail": "vanished"}
    ]


def test_only_records_that_no_name_rules_out_are_read() -> None:
    batch = records({}, {"path": "a.png"}, {"repository": "bad/x"}, {"error": IO})
    unread = batch.set_column(3, RECORDS.field("content"), pa.nulls(4, pa.large_binary()))
    assert curator(opt_out=("bad",)).needs_content(unread).tolist() == [True, False, False, False]


def test_a_rule_that_raises_is_reported_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def failures(_: object, signals: pa.RecordBatch) -> list[Any]:
        if 2 in signals["lines"].to_pylist():
            raise ZeroDivisionError("on purpose")
        return []

    monkeypatch.setattr(RULES["autogenerated"], "failures", failures)
    batch = records({"content": b"x = 1\n"}, {"path": "bad.py"})
    message = r"^o/r/bad\.py: a rule raised ZeroDivisionError: on purpose$"
    with pytest.raises(RuntimeError, match=message):
        curator(filters={"autogenerated": {}}).curate(batch)


CONTENTS = st.sampled_from([None, b"", CODE, b"\0", b"\xff", b"x = 1\n", b"y\r\n" * 40])
NAMES = st.sampled_from(["a.py", "b.go", "c.png", "d.unheard", None])


@settings(max_examples=20)
@given(rows=st.lists(st.tuples(CONTENTS, NAMES), min_size=1, max_size=8), cut=st.integers(0, 8))
def test_any_batches_give_the_same_decisions_and_documents(
    rows: list[tuple[bytes | None, str | None]], cut: int
) -> None:
    batch = records(*({"content": content, "path": name} for content, name in rows))
    curate = curator(filters={"file_size": {"min": 3}}).curate
    whole = curate(batch)
    pieces = [curate(piece) for piece in (batch.slice(0, cut), batch.slice(cut)) if piece.num_rows]
    for name in ("ledger", "documents", "kept"):
        expected = pa.Table.from_batches([getattr(whole, name)])
        assert pa.Table.from_batches([getattr(piece, name) for piece in pieces]).equals(expected)
    assert whole.ledger.schema == BATCH_DECISIONS
    assert whole.ledger.num_rows == len(rows)
    assert whole.documents.num_rows == whole.kept.num_rows == reason(whole).count(None)


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=4)))
def test_text_is_the_readable_contents(texts: list[str | None]) -> None:
    values = [b"before", *(text and text.encode() for text in texts)]
    content = pa.array(values, pa.large_binary()).slice(1)
    readable = content.is_valid().to_numpy(zero_copy_only=False)
    found = as_text(content, readable)
    found.validate(full=True)
    assert found.to_pylist() == texts
