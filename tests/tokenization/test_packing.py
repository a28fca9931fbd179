"""Packed rows equal those of a slow model, and contain every file."""

import errno
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from codecorpus.foundation.errors import StorageError, UsageError
from codecorpus.tokenization.packing import PACKINGS, best_fit, make_packer
from codecorpus.tokenization.packing.packer import Packer
from codecorpus.tokenization.packing.rows import Rows
from codecorpus.tokenization.segments import split_into_segments

END = 9_999
TAGS = [[101], [201, 202], [301, 302, 303, 304]]
"""The ids of three languages' tags; ids of texts are 1 to 99."""


class File(NamedTuple):
    """A text as ids, and its language."""

    ids: list[int]
    language: int


class Placement(NamedTuple):
    """A segment of a file in a row; `ids` are the row's ids from `offset` on."""

    row: int
    offset: int
    file: int
    segment: int
    segments: int
    ids: list[int]


FILES = st.lists(
    st.builds(
        File,
        st.lists(st.integers(1, 99), max_size=60),
        st.integers(0, len(TAGS) - 1),
    ),
    max_size=14,
)
WIDTHS = st.integers(6, 40)


def packer(packing: str, width: int, spool: Path | None = None) -> Packer:
    offsets = np.cumsum([0, *(len(tag) for tag in TAGS)])
    tags = (np.array([*itertools.chain(*TAGS)], np.uint16), offsets)
    return make_packer(
        packing,
        sequence_length=width - 1,
        tags=tags,
        end_of_text=END,
        spool=spool,
    )


def add(packed: Packer, files: list[File]) -> Rows:
    ids = [np.array(file.ids, np.uint16) for file in files]
    offsets = np.cumsum([0, *(len(one) for one in ids)])
    languages = np.array([file.language for file in files], np.int64)
    return packed.add(np.concatenate([np.empty(0, np.uint16), *ids]), offsets, languages)


def pack(packing: str, width: int, files: list[File], cuts: tuple[int, ...] = ()) -> list[Rows]:
    """Pack files, added in groups that end at `cuts`."""
    packed = packer(packing, width)
    bounds = [0, *sorted(min(one, len(files)) for one in cuts), len(files)]
    groups = [files[start:end] for start, end in itertools.pairwise(bounds)]
    rows = [add(packed, group) for group in groups]
    rows += packed.finish()
    written = sum(block.input_ids.size for block in rows)
    taken = sum(int(block.placements["length"].sum()) for block in rows)
    assert packed.padding == written - taken
    return rows


def placements(blocks: list[Rows]) -> Iterator[Placement]:
    """All placements with their ids; asserts that they do not overlap, with padding between."""
    first = 0
    for block in blocks:
        covered = np.zeros(block.input_ids.shape, bool)
        columns = [block.placements[name].tolist() for name in COLUMNS]
        for row, offset, tag, length, file, segment, segments in zip(*columns, strict=True):
            here = (row - first, slice(offset, offset + length))
            assert not covered[here].any()
            covered[here] = True
            ids = block.input_ids[here].tolist()
            assert tag in {len(one) for one in TAGS}
            yield Placement(row, offset, file, segment, segments, ids)
        assert (block.input_ids[~covered] == END).all()
        first += len(block.input_ids)


COLUMNS = ("row", "offset", "tag_length", "length", "file", "segment", "segments")


def together(blocks: list[Rows]) -> list[Any]:
    """The columns of all blocks, concatenated."""
    columns = [np.concatenate([b.placements[name] for b in blocks]) for name in COLUMNS]
    ids = np.concatenate([block.input_ids for block in blocks])
    language = np.concatenate([block.language for block in blocks])
    return [column.tolist() for column in [ids, language, *columns]]


def model_pad(files: list[File], width: int) -> list[list[tuple[int, int, list[int]]]]:
    """Rows of (file, start, ids), one for each segment."""
    return [[one] for one in pieces(files, width)]


def pieces(files: list[File], width: int) -> list[tuple[int, int, list[int]]]:
    found = []
    for number, file in enumerate(files):
        tag = TAGS[file.language]
        segments = split_into_segments(np.array([len(file.ids)]), np.array([len(tag)]), width - 1)
        for start, length, last in zip(
            segments.start.tolist(), segments.length.tolist(), segments.is_last, strict=True
        ):
            text = file.ids[start : start + length]
            found.append((number, start, [*tag, *text, *([END] if last else [])]))
    return found


def model_concat(files: list[File], width: int) -> list[list[tuple[int, int, list[int]]]]:
    """Append ids to rows one by one."""
    rows: list[list[tuple[int, int, list[int]]]] = []
    fill = width
    for number, file in enumerate(files):
        tag, segment = TAGS[file.language], 0
        if width - fill < len(tag) + 2:
            rows, fill = [*rows, []], 0
        current = [*tag]
        for identity in [*file.ids, END]:
            if fill + len(current) == width:
                rows[-1].append((number, segment, current))
                rows, fill = [*rows, []], 0
                current, segment = [*tag], segment + 1
            current.append(identity)
        rows[-1].append((number, segment, current))
        fill += len(current)
    return rows


def model_best_fit(files: list[File], width: int) -> list[list[tuple[int, int, list[int]]]]:
    """Search all rows for every segment."""
    rows: list[list[tuple[int, int, list[int]]]] = []
    state: list[tuple[int, int]] = []  # of each row: its room, and since when it has had that room
    for time, piece in enumerate(sorted(pieces(files, width), key=lambda one: -len(one[2]))):
        size = len(piece[2])
        fitting = [(*state[row], row) for row in range(len(rows)) if state[row][0] >= size]
        if fitting:
            room, _, row = min(fitting)
        else:
            room, row = width, len(rows)
            rows.append([])
            state.append((0, 0))
        rows[row].append(piece)
        state[row] = (room - size, time)
    return rows


MODELS = {"pad": model_pad, "concat": model_concat, "best_fit": model_best_fit}


@pytest.mark.parametrize("packing", PACKINGS)
@settings(max_examples=60)
@given(files=FILES, width=WIDTHS)
def test_rows_equal_those_of_the_model(packing: str, files: list[File], width: int) -> None:
    blocks = pack(packing, width, files)
    expected = MODELS[packing](files, width)
    found: list[list[tuple[int, list[int]]]] = [[] for _ in expected]
    for placed in placements(blocks):
        assert placed.offset == sum(len(ids) for _, ids in found[placed.row])
        found[placed.row].append((placed.file, placed.ids))
    assert found == [[(file, ids) for file, _, ids in row] for row in expected]
    assert sum(len(block.input_ids) for block in blocks) == len(expected)


@pytest.mark.parametrize("packing", PACKINGS)
@settings(max_examples=60)
@given(files=FILES, width=WIDTHS)
def test_rows_contain_every_file(packing: str, files: list[File], width: int) -> None:
    found: dict[int, list[Placement]] = {}
    for placed in placements(pack(packing, width, files)):
        found.setdefault(placed.file, []).append(placed)
    assert sorted(found) == list(range(len(files)))
    for number, spans in found.items():
        tag = TAGS[files[number].language]
        spans.sort(key=lambda placed: placed.segment)
        assert [placed.segment for placed in spans] == list(range(len(spans)))
        assert {placed.segments for placed in spans} == {len(spans)}
        assert all(placed.ids[: len(tag)] == tag for placed in spans)
        joined = [identity for placed in spans for identity in placed.ids[len(tag) :]]
        assert joined == [*files[number].ids, END]


@pytest.mark.parametrize("packing", PACKINGS)
@settings(max_examples=60)
@given(files=FILES, width=WIDTHS, cuts=st.lists(st.integers(0, 14), max_size=5))
def test_rows_do_not_depend_on_how_files_are_added(
    packing: str, files: list[File], width: int, cuts: list[int]
) -> None:
    whole = pack(packing, width, files)
    assert together(pack(packing, width, files, tuple(cuts))) == together(whole)


@pytest.mark.parametrize("packing", PACKINGS)
@settings(max_examples=60)
@given(files=FILES, width=WIDTHS)
def test_a_row_has_the_language_of_its_files_or_is_mixed(
    packing: str, files: list[File], width: int
) -> None:
    blocks = pack(packing, width, files)
    languages: dict[int, set[int]] = {}
    for placed in placements(blocks):
        languages.setdefault(placed.row, set()).add(files[placed.file].language)
    expected = [own.pop() if len(own) == 1 else len(TAGS) for _, own in sorted(languages.items())]
    assert np.concatenate([block.language for block in blocks]).tolist() == expected


def test_array_types() -> None:
    (rows, *_) = pack("pad", 8, [File([1, 2, 3], 0)])
    assert rows.input_ids.dtype == np.uint16
    assert rows.input_ids.shape == (1, 8)
    assert rows.language.dtype == np.int64
    wide = {name for name in COLUMNS if rows.placements[name].dtype == np.int64}
    narrow = {name for name in COLUMNS if rows.placements[name].dtype == np.int32}
    assert wide == {"row", "file"}
    assert narrow == set(COLUMNS) - wide


def test_an_end_of_text_that_does_not_fit_the_row_follows_the_tag_in_the_next() -> None:
    (_, rows) = pack("concat", 6, [File([1, 2, 3, 4, 5], 0)])
    (first, _) = pack("concat", 6, [File([1, 2, 3, 4, 5], 0)])
    assert first.input_ids.tolist() == [[101, 1, 2, 3, 4, 5]]
    assert rows.input_ids.tolist() == [[101, END, END, END, END, END]]
    assert rows.placements["length"].tolist() == [2]
    assert (rows.placements["segment"].tolist(), rows.placements["segments"].tolist()) == ([1], [2])


@pytest.mark.parametrize(("left", "row"), [(3, 0), (2, 1)])
def test_a_file_starts_in_a_row_with_room_for_its_tag_and_two_ids(left: int, row: int) -> None:
    files = [File([1] * (10 - left - 2), 0), File([2], 0)]
    second = list(placements(pack("concat", 10, files)))[1]
    assert second.row == row


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_file_without_ids_is_a_tag_and_an_end_of_text(packing: str) -> None:
    (placed,) = placements(pack(packing, 8, [File([], 1)]))
    assert (placed.ids, placed.segments) == ([201, 202, END], 1)


@pytest.mark.parametrize("packing", PACKINGS)
def test_no_files_produce_no_rows(packing: str) -> None:
    assert sum(len(block.input_ids) for block in pack(packing, 8, [])) == 0


@pytest.mark.parametrize("packing", PACKINGS)
def test_rows_must_hold_the_longest_tag_and_two_ids(packing: str) -> None:
    packer(packing, 6)
    with pytest.raises(UsageError, match="sequence_length 4 is too small"):
        packer(packing, 5)


def test_an_unknown_packing_is_refused() -> None:
    with pytest.raises(UsageError, match="'tight' is unknown; expected one of pad, concat"):
        packer("tight", 8)


def test_concat_returns_rows_as_they_fill() -> None:
    packed = packer("concat", 8)
    counts = [len(add(packed, [File([1] * 20, 0)]).input_ids) for _ in range(10)]
    assert min(counts) >= 2
    assert sum(len(block.input_ids) for block in packed.finish()) == 1


def test_best_fit_returns_its_rows_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    files = [File([number % 99 + 1] * (number % 30), number % 3) for number in range(60)]
    whole = pack("best_fit", 24, files)
    monkeypatch.setattr(best_fit, "BLOCK_ROWS", 7)
    blocks = pack("best_fit", 24, files)
    assert max(len(block.input_ids) for block in blocks) == 7
    assert together(blocks) == together(whole)


def test_best_fit_deletes_its_temporary_file(tmp_path: Path) -> None:
    packed = packer("best_fit", 8, tmp_path)
    add(packed, [File([1, 2, 3], 0)])
    rows = packed.finish()
    next(rows)
    del rows, packed
    assert list(tmp_path.iterdir()) == []


def test_a_spool_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="missing: the ids of a part could not be written"):
        packer("best_fit", 8, tmp_path / "missing")


def test_a_full_disk_is_a_storage_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Full:
        def write(self, content: memoryview) -> int:
            del content
            raise OSError(errno.ENOSPC, "No space left on device")

    packed = packer("best_fit", 8, tmp_path)
    monkeypatch.setattr(packed, "_spool", Full())
    with pytest.raises(StorageError, match="No space left on device; make room"):
        add(packed, [File([1, 2, 3], 0)])


def test_a_partial_write_is_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = pack("best_fit", 24, [File(list(range(1, 80)), 0)])
    packed = packer("best_fit", 24)
    spool = packed._spool  # type: ignore[attr-defined]

    class Slow:
        fileno = spool.fileno
        read, seek, tell, name, mode = spool.read, spool.seek, spool.tell, spool.name, spool.mode

        def write(self, content: memoryview) -> int:
            written: int = spool.write(content[:5])
            return written

        def flush(self) -> None:
            spool.flush()

    monkeypatch.setattr(packed, "_spool", Slow())
    blocks = [add(packed, [File(list(range(1, 80)), 0)]), *packed.finish()]
    assert together(blocks) == together(expected)
