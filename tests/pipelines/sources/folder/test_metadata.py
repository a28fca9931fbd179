"""Tables of stars and licences."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.folder.inputs import RepositoryFacts
from codecorpus.pipelines.sources.folder.metadata import read_metadata

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1)
tables = st.dictionaries(
    text,
    st.builds(
        RepositoryFacts,
        stars=st.none() | st.integers(0, (1 << 31) - 1),
        license=st.none() | text,
        commit=st.none(),
        fetched=st.none(),
    ),
)


@given(tables)
def test_both_formats_give_what_was_written(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, RepositoryFacts]
) -> None:
    folder = tmp_path_factory.mktemp("table")
    rows = [
        {"repository": name, "stars": facts.stars, "license": facts.license}
        for name, facts in table.items()
    ]
    sink = io.StringIO()
    writer = csv.DictWriter(sink, ["repository", "stars", "license"])
    writer.writeheader()
    writer.writerows(rows)
    (folder / "t.csv").write_bytes(sink.getvalue().encode())
    (folder / "t.jsonl").write_text("".join(json.dumps(row) + "\n\n" for row in rows), "utf-8")
    assert read_metadata(folder / "t.csv") == table
    assert read_metadata(folder / "t.jsonl") == table


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"repository,stars\na,-1\n", "row 1: stars is '-1'"),
        ("t.csv", b"repository,stars\na,1\nb,many\n", "row 2: stars is 'many'"),
        ("t.csv", b"repository,stars\na,1\na,2\n", "row 2: a second row for 'a'"),
        ("t.csv", b"name,stars\na,1\n", "row 1: no `repository`"),
        ("t.csv", b"repository\n\xff\n", "expected a table in UTF-8"),
        ("t.jsonl", b"[1]\n", "where a JSON object was expected"),
        ("t.jsonl", b'{"repository": "a", "stars": 2147483648}\n', "row 1: stars is 2147483648"),
        ("t.jsonl", b"{\n", "expected a table in UTF-8"),
    ],
)
def test_a_wrong_table_is_refused_with_its_row(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=message) as error:
        read_metadata(tmp_path / name)
    assert str(error.value).startswith(str(tmp_path / name))


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.csv: .*No such file"):
        read_metadata(tmp_path / "none.csv")
