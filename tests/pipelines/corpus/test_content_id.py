"""Content ids are git's."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecorpus.foundation.columns import ByteColumn
from codecorpus.pipelines.corpus.content_id import SIZE, content_id, content_ids


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("data", [b"", b"x = 1\n", b"\r\n\0\xff" * 1000])
def test_git_computes_the_same_id(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(data)
    command = ["git", "hash-object", "--no-filters", "file"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True)
    assert content_id(data).hex() == found.stdout.strip()


@given(st.lists(st.tuples(st.binary(max_size=40), st.booleans()), max_size=8))
def test_a_column_has_the_id_of_each_row_that_was_read(rows: list[tuple[bytes, bool]]) -> None:
    column = ByteColumn.from_values([data for data, _ in rows])
    ids = content_ids(column, np.array([known for _, known in rows], np.bool_))
    assert ids.shape == (len(rows), SIZE)
    for found, (data, known) in zip(ids, rows, strict=True):
        blob = b"blob %d\0%b" % (len(data), data)
        assert found.tobytes() == (hashlib.sha1(blob).digest() if known else bytes(SIZE))
