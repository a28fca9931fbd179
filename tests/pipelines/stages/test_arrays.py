"""An array that is written in pieces is the array."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.pipelines.stages.arrays import array_writer, map_array, write_array
from codecorpus.pipelines.storage.digests import FileDigest
from tests.pipelines.stages.planned import plan_build


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 2**32 - 1), max_size=9), max_size=5))
def test_any_pieces_give_the_file_that_numpy_writes(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[list[int]]
) -> None:
    build = plan_build(tmp_path_factory.mktemp("arrays"))
    whole = np.array([value for piece in pieces for value in piece], np.uint32)
    digests: dict[str, FileDigest] = {}
    with array_writer(build, "x.npy", np.uint32, whole.shape, digests) as file:
        for piece in pieces:
            file.write(np.array(piece, np.int64))
    expected = io.BytesIO()
    np.save(expected, whole)
    assert build.folder.read_bytes("x.npy") == expected.getvalue()
    assert digests == {"x.npy": build.folder.digest_of("x.npy")}


@pytest.mark.parametrize("shape", [(0,), (3,), (2, 5), (4, 20)])
def test_a_mapped_array_is_what_was_written(tmp_path: Path, shape: tuple[int, ...]) -> None:
    build = plan_build(tmp_path)
    array = np.arange(np.prod(shape), dtype=np.uint16).reshape(shape)
    write_array(build, "x.npy", array, {})
    found = map_array(build, "x.npy")
    assert (found.dtype, found.shape) == (array.dtype, shape)
    assert (found == array).all()
    assert not found.flags.writeable


def test_too_few_entries_leave_no_file(tmp_path: Path) -> None:
    build = plan_build(tmp_path)
    with (
        pytest.raises(AssertionError, match=r"x\.npy: 2 entries of 3"),
        array_writer(build, "x.npy", np.int64, (3,), {}) as file,
    ):
        file.write(np.zeros(2))
    assert not build.folder.exists("x.npy")
