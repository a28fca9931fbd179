import os
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from codecorpus.foundation.errors import UsageError
from codecorpus.pipelines.sources.base import IO, TOO_LARGE, Limits
from codecorpus.pipelines.sources.folder import FolderSource
from codecorpus.pipelines.sources.folder.inputs import RepositoryFacts
from codecorpus.pipelines.sources.io import local
from codecorpus.pipelines.sources.io.local import NOT_REGULAR

STANDARD_LIBRARY = Path(sysconfig.get_paths()["stdlib"])
PACKAGE = STANDARD_LIBRARY / "json"

Read = Callable[..., list[dict[str, Any]]]
Write = Callable[..., Path]


def source(*paths: Path, **settings: Any) -> FolderSource:
    return FolderSource(paths, **{"repositories": "self", **settings})


def by_name(batch: pa.RecordBatch) -> NDArray[np.bool_]:
    return np.array([path.endswith(".py") for path in batch.column("path").to_pylist()], np.bool_)


def test_records_are_those_of_os_walk(read: Read) -> None:
    expected = {}
    for folder, folders, names in os.walk(STANDARD_LIBRARY / "email"):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in names:
            path = Path(folder) / name
            expected[str(path.relative_to(STANDARD_LIBRARY / "email"))] = path.read_bytes()
    records = read(source(STANDARD_LIBRARY / "email"))
    assert {record["path"]: record["content"] for record in records} == expected
    assert [record["path"] for record in records] == sorted(expected)
    assert {record["repository"] for record in records} == {"email"}
    assert {record["repository_bytes"] for record in records} == {sum(map(len, expected.values()))}


def test_all_files_of_the_standard_library_are_found(read: Read) -> None:
    counted = 0
    for folder, folders, names in os.walk(STANDARD_LIBRARY):
        folders[:] = [
            name
            for name in folders
            if name not in {"__pycache__", "site-packages", ".git"}
            and not (Path(folder) == STANDARD_LIBRARY and name.startswith("."))
        ]
        counted += sum(not (Path(folder) / name).is_symlink() for name in names)

    def nothing(batch: pa.RecordBatch) -> NDArray[np.bool_]:
        return np.zeros(batch.num_rows, np.bool_)

    records = read(source(STANDARD_LIBRARY, repositories="children"), needs_content=nothing)
    installed = [r for r in records if "site-packages/" in f"{r['repository']}/{r['path']}"]
    assert len(records) - len(installed) == counted
    assert {record["content"] for record in records} == {None}


@settings(deadline=None, max_examples=25)
@given(
    limits=st.builds(
        Limits,
        st.just(1 << 20),
        batch_bytes=st.integers(1, 1 << 16),
        batch_rows=st.integers(1, 12),
    )
)
def test_any_batch_size_gives_the_same_records(limits: Limits) -> None:
    folder = source(PACKAGE)
    (part,) = folder.plan(1 << 30)
    batches = list(folder.read(part, by_name, limits))
    (whole,) = folder.read(part, by_name, Limits())
    assert pa.Table.from_batches(batches).to_pylist() == whole.to_pylist()


@pytest.mark.parametrize("part_bytes", [1, 3_000, 40_000, 1 << 30])
def test_any_part_size_gives_the_same_records(read: Read, part_bytes: int) -> None:
    def without_row(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**record, "row": None} for record in records]

    whole = without_row(read(source(PACKAGE)))
    assert without_row(read(source(PACKAGE), part_bytes=part_bytes)) == whole


def test_parts_have_about_the_requested_size_and_are_deterministic(write: Write) -> None:
    root = write({f"{number:03}.py": b"x" * 10_000 for number in range(30)})
    plans = [list(source(root).plan(50_000)) for _ in range(2)]
    assert [part.num_rows for part in plans[0]] == [4] * 7 + [2]
    assert all(one.equals(other) for one, other in zip(*plans, strict=True))


def test_a_part_can_be_read_by_another_source_and_elsewhere(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.py": b"one"})
    monkeypatch.chdir(root.parent)
    (part,) = source(Path("in")).plan(1)
    monkeypatch.chdir("/")
    (batch,) = source(Path("elsewhere")).read(part, by_name, Limits())
    assert batch.column("content").to_pylist() == [b"one"]


def test_the_stamp_changes_with_the_file(write: Write) -> None:
    root = write({"a.py": b"one"})
    (before,) = source(root).plan(1)
    os.utime(root / "a.py", ns=(0, 1))
    (after,) = source(root).plan(1)
    assert before.column("name").to_pylist() == after.column("name").to_pylist() == ["in/a.py"]
    assert before.column("stamp") != after.column("stamp")


def test_metadata_is_looked_up_by_repository_name(write: Write, read: Read) -> None:
    root = write({"a/x.py": b"", "b/x.py": b""})
    metadata = {"a": RepositoryFacts(stars=7, license="MIT")}
    records = read(source(root, repositories="children", metadata=metadata))
    assert [(r["repository"], r["stars"], r["license"]) for r in records] == [
        ("a", 7, "MIT"),
        ("b", None, None),
    ]


def test_an_empty_folder_has_no_parts(write: Write) -> None:
    assert list(source(write({})).plan(1)) == []


def test_a_missing_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        list(source(tmp_path / "no").plan(1))


def test_files_that_are_not_needed_are_not_opened(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = source(write({"a.py": b"one", "b.png": b"two"}))
    (part,) = folder.plan(1 << 20)
    opened = []
    original = local.open_raw

    def open_raw(location: bytes, flags: int) -> int:
        opened.append(location.rpartition(b"/")[2])
        return original(location, flags)

    monkeypatch.setattr(local, "open_raw", open_raw)
    (batch,) = folder.read(part, by_name, Limits())
    assert batch.column("content").to_pylist() == [b"one", None]
    assert opened == [b"a.py"]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", "naïve".encode("utf-16"), b"a\0b", b"x" * 300_000]
)
def test_bytes_are_returned_unchanged(write: Write, read: Read, content: bytes) -> None:
    (record,) = read(source(write({"a.py": content})))
    assert record["content"] == content


def test_one_line_of_50_megabytes_is_read_whole(tmp_path: Path, read: Read) -> None:
    (tmp_path / "a.js").write_bytes(b"x" * 50_000_000)
    (record,) = read(source(tmp_path))
    assert record["content"] == b"x" * 50_000_000


def test_a_sparse_file_of_2_gigabytes_is_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.py").touch()
    os.truncate(tmp_path / "a.py", 2 << 30)
    folder = source(tmp_path)
    (part,) = folder.plan(1 << 20)
    monkeypatch.setattr(local, "open_raw", lambda *_: pytest.fail("it was opened"))
    (batch,) = folder.read(part, by_name, Limits())
    (record,) = batch.to_pylist()
    assert (record["content"], record["error"]) == (None, TOO_LARGE)
    assert "2,147,483,648" in record["detail"]


@pytest.mark.parametrize(
    ("size", "error"), [(99, None), (100, None), (101, TOO_LARGE), (5_000, TOO_LARGE)]
)
def test_a_record_may_have_exactly_the_limit_of_bytes(
    write: Write, read: Read, size: int, error: str | None
) -> None:
    (record,) = read(source(write({"a.py": b"x" * size})), limits=Limits(record_bytes=100))
    assert record["error"] == error


def _changed_after_listing(root: Path, change: Callable[[Path], object]) -> dict[str, Any]:
    folder = source(root)
    (part,) = folder.plan(1)
    change(root / "a.py")
    (batch,) = folder.read(part, by_name, Limits(record_bytes=1_000))
    (record,) = batch.to_pylist()
    return dict(record)


def test_a_file_that_vanished_is_a_row_with_an_error(write: Write) -> None:
    record = _changed_after_listing(write({"a.py": b"one"}), Path.unlink)
    assert (record["error"], record["detail"]) == (IO, "No such file or directory")


@pytest.mark.parametrize("content", [b"", b"o", b"x" * 1_000])
def test_a_file_that_shrank_or_grew_is_read_to_its_end(write: Write, content: bytes) -> None:
    record = _changed_after_listing(write({"a.py": b"one"}), lambda path: path.write_bytes(content))
    assert (record["error"], record["content"]) == (None, content)


def test_a_file_that_grew_over_the_limit_is_too_large(write: Write) -> None:
    record = _changed_after_listing(
        write({"a.py": b"one"}), lambda path: path.write_bytes(b"x" * 1_001)
    )
    assert (record["error"], record["content"]) == (TOO_LARGE, None)


def test_a_file_that_grows_forever_while_it_is_read_is_too_large(
    write: Write, monkeypatch: pytest.MonkeyPatch, read: Read
) -> None:
    root = write({"a.py": b"one"})

    def endless(_descriptor: int, buffers: list[memoryview]) -> int:
        return min(300, len(buffers[0]))

    monkeypatch.setattr(os, "readv", endless)
    (record,) = read(source(root), limits=Limits(record_bytes=1_000))
    assert record["error"] == TOO_LARGE


def _to_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def test_a_file_that_became_a_fifo_is_not_waited_for(write: Write) -> None:
    record = _changed_after_listing(write({"a.py": b"one"}), _to_fifo)
    assert (record["error"], record["detail"]) == (IO, NOT_REGULAR)


def _to_link(path: Path) -> None:
    path.rename(path.with_name("target"))
    path.symlink_to("target")


def test_a_file_that_became_a_link_is_not_followed(write: Write) -> None:
    assert _changed_after_listing(write({"a.py": b"one"}), _to_link)["error"] == IO


def test_a_fifo_is_a_row_with_an_error_and_is_never_opened(tmp_path: Path, read: Read) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.extend(read(source(tmp_path))), daemon=True)
    thread.start()
    thread.join(timeout=30)
    assert [(r["path"], r["error"], r["detail"]) for r in done] == [("pipe.py", IO, NOT_REGULAR)]


def test_a_file_without_permission_is_a_row_with_an_error(
    write: Write, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write({"a.py": b"one", "b.py": b"two"})
    original = local.open_raw

    def open_raw(location: bytes, flags: int) -> int:
        if location.endswith(b"a.py"):
            raise PermissionError(13, "Permission denied")
        return original(location, flags)

    monkeypatch.setattr(local, "open_raw", open_raw)
    records = read(source(root))
    assert [(r["error"], r["detail"]) for r in records] == [(IO, "Permission denied"), (None, None)]


def test_a_disk_error_while_reading_is_a_row_with_an_error(
    write: Write, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(5, "Input/output error")

    root = write({"a.py": b"one"})
    monkeypatch.setattr(os, "readv", broken)
    (record,) = read(source(root))
    assert (record["error"], record["detail"]) == (IO, "Input/output error")


def test_names_that_are_not_utf8_are_escaped(tmp_path: Path, read: Read) -> None:
    names = [b"a\nb.py", b"caf\xe9.py", b"back\\slash.py", "日本.py".encode()]
    for name in names:
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(name)
    records = read(source(tmp_path))
    assert {record["path"]: record["content"] for record in records} == {
        "a\nb.py": names[0],
        "caf\\xe9.py": names[1],
        "back\\\\slash.py": names[2],
        "日本.py": names[3],
    }


def test_a_path_longer_than_the_system_limit_is_listed_and_read(tmp_path: Path, read: Read) -> None:
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(24):
        os.mkdir("d" * 200, dir_fd=folder)
        deeper = os.open("d" * 200, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = deeper
    file = os.open("a.py", os.O_CREAT | os.O_WRONLY, dir_fd=folder)
    os.write(file, b"deep")
    os.close(file)
    os.close(folder)
    (record,) = read(source(tmp_path))
    assert len(record["path"]) == 24 * 201 + 4 > 4_096
    assert record["content"] == b"deep"


def test_repository_bytes_are_the_sum_of_all_its_files(write: Write, read: Read) -> None:
    root = write({"a/x.py": b"12", "a/y/z.png": b"345", "b.py": b"6"})
    records = read(source(root, repositories="children"))
    sizes = [(r["repository"], r["repository_bytes"]) for r in records]
    assert sizes == [("a", 5), ("a", 5), ("in", 1)]
